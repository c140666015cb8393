// The text of a row, beside its point and never over it.

const ASIDE = 14; // pixels from the point

class Tip {
  constructor(element) {
    this.element = element;
  }

  // Left and top are the point's, in the element around this one.
  show({ head, text, image }, left, top) {
    const { element } = this;
    element.replaceChildren(line("div", "tip-head", head), line("div", "tip-text", text));
    if (image) element.prepend(thumbnail(image, "tip-image"));
    element.hidden = false;
    const { offsetWidth: width, offsetHeight: height } = element;
    const { clientWidth, clientHeight } = element.parentElement;
    const fits = left + ASIDE + width <= clientWidth;
    element.style.left = `${Math.max(0, fits ? left + ASIDE : left - ASIDE - width)}px`;
    const below = top + ASIDE + height <= clientHeight;
    element.style.top = `${Math.max(0, below ? top + ASIDE : top - ASIDE - height)}px`;
  }

  hide() {
    this.element.hidden = true;
  }
}

// Thumbnails of images: beside texts, and at their points where few are in view, under names and rings.

const REACHED = 28; // pixels from the middle of a thumbnail to its edge, as in the style sheet

// Its caption is always beside it, so it says nothing itself.
function thumbnail(address, className) {
  return Object.assign(document.createElement("img"), { src: address, alt: "", className });
}

class Thumbnails {
  constructor(picture) {
    this.element = document.createElement("div");
    this.element.className = "map-thumbnails";
    this.element.setAttribute("aria-hidden", "true"); // the rows beside the map say what is in view
    picture.prepend(this.element);
    this.images = new Map(); // elements by point
  }

  // Have these, as [point, address].
  show(images) {
    const before = this.images;
    this.images = new Map();
    for (const [point, address] of images) {
      const known = before.get(point);
      this.images.set(point, known?.getAttribute("src") === address ? known : thumbnail(address, ""));
    }
    for (const [point, image] of before) if (this.images.get(point) !== image) image.remove();
    for (const image of this.images.values()) if (!image.isConnected) this.element.append(image);
  }

  // Put each at its point. `lookOf` gives a point's place, whether it is shown, faded, and its colour.
  place(camera, lookOf) {
    for (const [point, image] of this.images) {
      const { place, shown, faded, colour } = lookOf(point), [left, top] = camera.pixel(...place);
      image.hidden = !shown;
      image.toggleAttribute("data-faded", faded);
      image.style.borderColor = `rgb(${colour})`;
      image.style.transform = `translate(${left}px, ${top}px) translate(-50%, -50%)`;
    }
  }
}

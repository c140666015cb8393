// One picture of a map: its title, what is drawn over its points, and the hand on it.

const KEYS = "Arrow keys go from row to row, Enter opens one, A selects the rows in view, Shift+A adds them, plus and minus zoom, Shift and arrow keys move, Escape clears.";

class Panel {
  // `at` is the map it shows, see `points.js`; `on` has what `Gestures` calls, with the panel first.
  constructor(title, at, camera, on) {
    Object.assign(this, { title, at });
    this.element = document.createElement("div");
    this.element.className = "map-panel";
    // Its tooltip is for where it is cut.
    if (title) this.element.append(Object.assign(line("div", "panel-title", title), { title }));
    this.picture = this.element.appendChild(document.createElement("div"));
    this.picture.className = "map-picture";
    this.picture.dataset.keys = KEYS; // seen while it has the focus by keys
    const canvas = this.picture.appendChild(document.createElement("canvas"));
    canvas.className = "map-overlay";
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "img");
    this.overlay = new Overlay(canvas);
    this.thumbnails = new Thumbnails(this.picture);
    const bound = Object.keys(on).map((name) => [name, (...what) => on[name](this, ...what)]);
    this.gestures = new Gestures(canvas, camera, Object.fromEntries(bound));
  }

  // Say what it shows to whoever hears it: the rows, the groups of their colours, and the keys.
  describe({ heading, title, legend }) {
    const largest = legend.length && legend.reduce((a, b) => (b.count > a.count ? b : a));
    const groups = largest
      ? ` Coloured by ${title}: ${legend.length} groups, the largest ${largest.name} with ${largest.count.toLocaleString("en")} rows.`
      : "";
    const name = this.title ? `${this.title}, ${heading}` : heading;
    this.overlay.canvas.setAttribute("aria-label", `Map of the rows. ${name}.${groups} ${KEYS}`);
  }

  // Its rectangle within what holds all panels, in CSS pixels.
  get pane() {
    const { offsetLeft: left, offsetTop: top, clientLeft, clientTop, clientWidth: width, clientHeight: height } = this.picture;
    return { left: left + clientLeft, top: top + clientTop, width, height, at: this.at };
  }

  release() {
    this.gestures.release();
  }
}

// An element with one line of text, which is never read as HTML.
function line(kind, className, text) {
  const element = document.createElement(kind);
  element.className = className;
  element.dir = "auto";
  element.textContent = text;
  return element;
}

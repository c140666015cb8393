// What part of the map is seen, the same in all panels: pan, zoom, and places on the map as pixels.
//
// Places are in units of the map, where x and y go from 0 to 65535; pixels are CSS pixels from the upper left.

const LARGEST = 65535;
const LEAST_ZOOM = 0.25;
const MOST_ZOOM = 400; // places are 16 bits

class Camera {
  constructor() {
    this.width = this.height = 1;
    this.home = this.whole = [0, 0, LARGEST, LARGEST]; // the first view, and where all points are
    this.zoom = 1; // times the first view
    this.x = this.y = LARGEST / 2; // the place at the middle
    this.moved = false; // whether a person changed the view
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  // Pixels for each unit at which a view fits.
  fitting([left, bottom, right, top] = this.home) {
    return Math.min(this.width / Math.max(1, right - left), this.height / Math.max(1, top - bottom));
  }

  // Pixels for each unit.
  get scale() {
    return this.fitting() * this.zoom;
  }

  reset() {
    const [left, bottom, right, top] = this.home;
    this.zoom = 1;
    this.x = (left + right) / 2;
    this.y = (bottom + top) / 2;
    this.moved = false;
  }

  // Show a part of the map, with a margin around it.
  show(part) {
    const [left, bottom, right, top] = part;
    this.zoomTo(this.zoomFor(part));
    Object.assign(this, { x: (left + right) / 2, y: (bottom + top) / 2, moved: true });
  }

  // The zoom at which a part fits, with a margin around it.
  zoomFor([left, bottom, right, top]) {
    const [across, up] = [right - left, top - bottom].map((span) => 1.3 * Math.max(span, LARGEST / 200));
    return this.fitting([0, 0, across, up]) / this.fitting();
  }

  zoomTo(zoom) {
    this.zoom = clamp(zoom, Math.min(LEAST_ZOOM, this.zoomFor(this.whole)), MOST_ZOOM);
  }

  // See what was seen of the same map before. A grid is the place of its origin in the map's coordinates, x and y,
  // and its units for each of theirs: other maps beside it make it, and the first view, another.
  restore(view, before, now) {
    this.home = now.home;
    if (!view.moved) {
      this.reset();
      return;
    }
    const place = (value, axis) => (value / before.grid[2] + before.grid[axis] - now.grid[axis]) * now.grid[2];
    const fitting = this.fitting(before.home) / this.fitting(now.home);
    this.zoomTo((view.zoom * fitting * before.grid[2]) / now.grid[2]);
    Object.assign(this, { x: place(view.x, 0), y: place(view.y, 1), moved: true });
  }

  pan(right, down) {
    this.x = clamp(this.x - right / this.scale, 0, LARGEST);
    this.y = clamp(this.y + down / this.scale, 0, LARGEST);
    this.moved = true;
  }

  // Zoom so that what is under a pixel stays there.
  zoomAt(left, top, factor) {
    const [x, y] = this.place(left, top);
    this.zoomTo(this.zoom * factor);
    this.x = clamp(x - (left - this.width / 2) / this.scale, 0, LARGEST);
    this.y = clamp(y + (top - this.height / 2) / this.scale, 0, LARGEST);
    this.moved = true;
  }

  place(left, top) {
    return [this.x + (left - this.width / 2) / this.scale, this.y - (top - this.height / 2) / this.scale];
  }

  pixel(x, y) {
    return [this.width / 2 + (x - this.x) * this.scale, this.height / 2 - (y - this.y) * this.scale];
  }
}

function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

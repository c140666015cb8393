// What part of the map is seen: pan, zoom, and places on the map as pixels.
//
// Places are in units of the map, where x and y go from 0 to 65535; pixels are CSS pixels from the upper left.

const LARGEST = 65535;
const MOST_ZOOM = 400; // places are 16 bits

class Camera {
  constructor() {
    this.width = this.height = 1;
    this.home = [0, 0, LARGEST, LARGEST];
    this.scale = 1; // pixels for each unit
    this.x = this.y = LARGEST / 2; // the place at the middle
    this.moved = false; // whether a person changed the view
  }

  resize(width, height) {
    const share = this.scale / this.fitting();
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    if (this.moved) this.scale = this.fitting() * share;
    else this.reset();
  }

  // The scale at which the first view fits.
  fitting() {
    const [left, bottom, right, top] = this.home;
    return Math.min(this.width / Math.max(1, right - left), this.height / Math.max(1, top - bottom));
  }

  reset() {
    const [left, bottom, right, top] = this.home;
    this.scale = this.fitting();
    this.x = (left + right) / 2;
    this.y = (bottom + top) / 2;
    this.moved = false;
  }

  get zoom() {
    return this.scale / this.fitting();
  }

  // Show a part of the map, with a margin around it.
  show([left, bottom, right, top]) {
    const across = Math.max(right - left, LARGEST / 200) * 1.3;
    const up = Math.max(top - bottom, LARGEST / 200) * 1.3;
    this.scale = Math.min(this.width / across, this.height / up);
    this.x = (left + right) / 2;
    this.y = (bottom + top) / 2;
    this.moved = true;
  }

  pan(right, down) {
    this.x = clamp(this.x - right / this.scale, 0, LARGEST);
    this.y = clamp(this.y + down / this.scale, 0, LARGEST);
    this.moved = true;
  }

  // Zoom so that what is under a pixel stays there.
  zoomAt(left, top, factor) {
    const [x, y] = this.place(left, top);
    const least = this.fitting() / 4;
    this.scale = clamp(this.scale * factor, least, least * 4 * MOST_ZOOM);
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

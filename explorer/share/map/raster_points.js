// Points drawn by the processor, for browsers without WebGL2: each is blended into an image.

const SOFT = 0.5; // pixels over which the edge of a disc fades

class RasterPoints extends Points {
  constructor(canvas) {
    super(canvas);
    this.context = canvas.getContext("2d");
    this.maps = [];
    this.smooth = 50_000;
    this.setCategories(null);
    this.setStates(null, 0, 0);
  }

  setPositions(maps) {
    this.maps = maps;
    this.count = maps[0].length / 2;
  }

  setCategories(categories) {
    this.categories = categories;
  }

  setStates(states, selected, shown) {
    Object.assign(this, { states, selected, shown });
  }

  setPalette(colours) {
    this.palette = colours;
  }

  resize(width, height, ratio) {
    super.resize(width, height, ratio);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
  }

  clear() {
    this.image.data.fill(0);
  }

  enter(pane, camera, colours) {
    const { ratio } = this;
    const [left, top] = [Math.round(pane.left * ratio), Math.round(pane.top * ratio)];
    const [right, bottom] = [Math.round((pane.left + pane.width) * ratio), Math.round((pane.top + pane.height) * ratio)];
    this.box = { left, top, right: Math.min(right, this.canvas.width), bottom: Math.min(bottom, this.canvas.height) };
    this.first = this.maps[Math.floor(pane.at)];
    this.share = pane.at - Math.floor(pane.at);
    this.second = this.share ? this.maps[Math.floor(pane.at) + 1] : this.first;
    this.scale = camera.scale * ratio;
    this.across = left + (pane.width / 2) * ratio - camera.x * this.scale;
    this.down = top + (pane.height / 2) * ratio + camera.y * this.scale;
    this.size = this.diameter(camera) * ratio;
    this.alpha = this.opacity(camera);
    this.ring = colours.ring.map((part) => 255 * part);
  }

  draw(first, count) {
    const disc = discOf(this.size / 2), faded = this.selected ? FADED : 1;
    for (let point = first; point < first + count; point++) {
      const state = this.states?.[point];
      if (state === HIDDEN) continue;
      const entry = this.categories ? 4 * this.categories[point] : 0;
      const opacity = (this.palette[entry + 3] / 255) * this.alpha * (state === SELECTED ? 1 : faded);
      if (opacity) this.stamp(point, disc, this.palette, entry, opacity);
    }
  }

  rings(count) {
    const whole = discOf(this.size / 2 + 3), inner = discOf(this.size / 2 + 1);
    for (let point = 0; point < count; point++) {
      const entry = this.categories ? 4 * this.categories[point] : 0;
      if (this.states[point] !== SELECTED || !this.palette[entry + 3]) continue;
      this.stamp(point, whole, this.ring, 0, 1);
      this.stamp(point, inner, this.palette, entry, 1);
    }
  }

  // Blend a disc around a point into the image.
  stamp(point, { rights, downs, insides }, colours, entry, opacity) {
    const { box, share } = this;
    const x = this.first[2 * point] + share * (this.second[2 * point] - this.first[2 * point]);
    const y = this.first[2 * point + 1] + share * (this.second[2 * point + 1] - this.first[2 * point + 1]);
    const column = Math.round(this.across + x * this.scale), row = Math.round(this.down - y * this.scale);
    const { data, width } = this.image;
    for (let pixel = 0; pixel < insides.length; pixel++) {
      const left = column + rights[pixel], top = row + downs[pixel];
      if (left < box.left || left >= box.right || top < box.top || top >= box.bottom) continue;
      const at = 4 * (top * width + left);
      const over = opacity * insides[pixel], under = (data[at + 3] / 255) * (1 - over), whole = over + under;
      data[at] = (colours[entry] * over + data[at] * under) / whole;
      data[at + 1] = (colours[entry + 1] * over + data[at + 1] * under) / whole;
      data[at + 2] = (colours[entry + 2] * over + data[at + 2] * under) / whole;
      data[at + 3] = 255 * whole;
    }
  }

  finish() {
    this.context.putImageData(this.image, 0, 0);
  }

  get limit() {
    return 4096;
  }

  release() {}
}

// The pixels of a disc: to the right, downwards, and how much of each is inside.
function discOf(radius) {
  const reach = Math.ceil(radius), disc = { rights: [], downs: [], insides: [] };
  for (let down = -reach; down <= reach; down++)
    for (let right = -reach; right <= reach; right++) {
      const inside = clamp(radius + SOFT - Math.hypot(right, down), 0, 1);
      if (!inside) continue;
      disc.rights.push(right);
      disc.downs.push(down);
      disc.insides.push(inside);
    }
  return disc;
}

// Points on a canvas, by WebGL2 where there is any.
function pointsOn(canvas) {
  const gl = canvas.getContext("webgl2", { antialias: false, preserveDrawingBuffer: true });
  return gl ? new GlPoints(canvas, gl) : new RasterPoints(canvas);
}

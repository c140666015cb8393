// Points in a random order, so that any beginning of them is a fair sample: some are drawn while a hand moves
// the map, all of them once it rests. How one is drawn is left to WebGL2 or, without it, to a raster.
//
// A pane is a rectangle of the canvas in CSS pixels, `left`, `top`, `width` and `height`, and `at`, the map it
// shows: 0 for the first, 0.5 for halfway between the first and the second.

const SMOOTH = 30; // milliseconds that a frame may take while a hand moves the map
const STEP = 250_000; // points drawn in one step while nothing moves
const FADED = 0.12; // opacity of points beside selected ones
const SELECTED = 1, HIDDEN = 2; // states of a point; 0 is any other

class Points {
  constructor(canvas) {
    this.canvas = canvas;
    this.count = 0;
    this.smooth = 200_000; // points of a frame while a hand moves the map; adapted to what frames take
    this.selected = 0; // how many are
    this.shown = 0; // how many are not hidden
  }

  // The diameter of a point in CSS pixels: larger the fewer are shown, and the closer one looks.
  diameter(camera) {
    const few = clamp(13 - Math.log10(Math.max(1, this.shown)) * 2, 1.5, 9);
    return clamp(few * Math.pow(camera.zoom, 0.28), 1.5, 12);
  }

  opacity(camera) {
    const dense = clamp(1.25 - Math.log10(Math.max(1, this.shown)) * 0.17, 0.25, 0.9);
    return clamp(dense * Math.pow(camera.zoom, 0.25), 0.25, 0.95);
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
  }

  // Draw as many points as a smooth movement allows, and learn how many that are. Returns how many were drawn.
  drawMoving(camera, colours, panes) {
    const started = performance.now();
    const count = Math.min(Math.ceil(this.smooth / panes.length), this.count);
    this.clear();
    for (const pane of panes) {
      this.enter(pane, camera, colours);
      this.draw(0, count);
      if (this.selected) this.rings(count);
    }
    this.finish();
    const took = Math.max(1, performance.now() - started);
    const next = count * panes.length * clamp(SMOOTH / took, 0.5, 2);
    this.smooth = Math.round(clamp(next, 20_000, Math.max(20_000, 2 * this.count * panes.length)));
    return count;
  }

  // Draw the points after the first `drawn`, step by step; `then` is called after the last. Returns what stops it.
  drawRest(camera, colours, panes, drawn, then) {
    const steps = this.steps(camera, colours, panes, drawn);
    let frame = 0;
    const next = () => {
      if (steps.next().done) then();
      else frame = requestAnimationFrame(next);
    };
    next();
    return () => cancelAnimationFrame(frame);
  }

  // Draw all points before returning.
  drawWhole(camera, colours, panes) {
    this.clear();
    for (const _ of this.steps(camera, colours, panes, 0));
  }

  *steps(camera, colours, panes, drawn) {
    for (const pane of panes) {
      for (let first = drawn; first < this.count; first += STEP) {
        this.enter(pane, camera, colours);
        this.draw(first, Math.min(STEP, this.count - first));
        this.finish();
        yield;
      }
      this.enter(pane, camera, colours);
      if (this.selected) this.rings(this.count); // over the points that came last
      this.finish();
    }
  }
}

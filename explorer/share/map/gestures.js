// The hand on the map: drag, wheel, pinch, lasso, box, click, keys.

const CLICK = 5; // pixels that a click may move
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }; // right and up

class Gestures {
  // `on` has moved(), drawing(corners), drawn(corners, mode), clicked(left, top), over(left, top), left(),
  // stepped([right, up]), entered(), escaped().
  constructor(element, camera, on) {
    Object.assign(this, { element, camera, on, tool: "pan", pointers: new Map(), corners: null });
    this.ending = new AbortController();
    const listen = (name, act, more = {}) =>
      element.addEventListener(name, act, { signal: this.ending.signal, ...more });
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event));
    listen("pointercancel", (event) => this.cancel(event));
    listen("pointerleave", () => this.on.left());
    listen("wheel", (event) => this.wheel(event), { passive: false });
    listen("dblclick", () => this.reset());
    listen("keydown", (event) => this.key(event));
  }

  at(event) {
    const box = this.element.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button > 0) return;
    const at = this.at(event);
    this.pointers.set(event.pointerId, at);
    this.element.setPointerCapture(event.pointerId);
    this.started = at;
    this.travelled = 0;
    const draws = this.tool !== "pan" && this.pointers.size === 1;
    this.corners = draws ? [at] : null;
    this.mode = modeOf(event);
  }

  move(event) {
    const at = this.at(event), before = this.pointers.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") this.on.over(...at);
      return;
    }
    this.travelled = Math.max(this.travelled, Math.hypot(at[0] - this.started[0], at[1] - this.started[1]));
    if (this.pointers.size === 2) this.pinch(event.pointerId, at);
    else if (this.corners) this.trace(at);
    else if (this.travelled > CLICK) {
      this.camera.pan(at[0] - before[0], at[1] - before[1]);
      this.on.moved();
    } else return; // it may be a click
    this.pointers.set(event.pointerId, at);
  }

  pinch(id, at) {
    const before = this.pointers.get(id);
    const [, other] = [...this.pointers].find(([another]) => another !== id);
    const apart = (point) => Math.hypot(point[0] - other[0], point[1] - other[1]);
    const middle = [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2];
    this.camera.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    this.camera.zoomAt(...middle, apart(at) / Math.max(1, apart(before)));
    this.travelled = Infinity;
    this.corners = null;
    this.on.moved();
  }

  trace(at) {
    if (this.tool === "box") {
      const [left, top] = this.started;
      this.corners = [[left, top], [at[0], top], at, [left, at[1]]];
    } else {
      const last = this.corners[this.corners.length - 1];
      if (Math.hypot(at[0] - last[0], at[1] - last[1]) < 3) return;
      this.corners.push(at);
    }
    this.on.drawing(this.corners);
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    if (this.pointers.size) return;
    const { corners } = this;
    this.corners = null;
    if (this.travelled <= CLICK) {
      this.on.drawing(null);
      this.on.clicked(...this.at(event));
    } else if (corners && corners.length > 2) this.on.drawn(corners, this.mode);
    else this.on.drawing(null);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.corners = null;
    this.on.drawing(null);
  }

  wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : 1;
    this.camera.zoomAt(...this.at(event), Math.pow(1.0018, -clamp(event.deltaY * lines, -300, 300)));
    this.on.moved();
  }

  reset() {
    this.camera.reset();
    this.on.moved();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { width, height } = this.camera;
    const zoom = (factor) => () => this.camera.zoomAt(width / 2, height / 2, factor);
    const acts = { "+": zoom(1.3), "=": zoom(1.3), "-": zoom(1 / 1.3), 0: () => this.camera.reset() };
    const [right, up] = ARROWS[event.key] ?? [0, 0];
    if (right || up) {
      event.preventDefault();
      if (!event.shiftKey) this.on.stepped([right, up]);
      else {
        this.camera.pan(-60 * right, 60 * up);
        this.on.moved();
      }
    } else if (event.key === "Enter") this.on.entered();
    else if (event.key === "Escape") this.corners ? this.drop() : this.on.escaped();
    else if (acts[event.key]) {
      event.preventDefault();
      acts[event.key]();
      this.on.moved();
    } else if (event.key.toLowerCase() === "a") {
      this.on.drawn([[0, 0], [width, 0], [width, height], [0, height]], modeOf(event)); // what a box around the view picks
    }
  }

  // Let go of a lasso that is being drawn.
  drop() {
    this.corners = null;
    this.on.drawing(null);
  }

  release() {
    this.ending.abort();
  }
}

// Shift adds to the selection, Alt takes away from it.
function modeOf(event) {
  return event.shiftKey ? "add" : event.altKey ? "subtract" : "replace";
}

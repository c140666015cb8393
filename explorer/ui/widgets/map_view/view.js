// The component: what Streamlit calls, and what joins the other files of this folder.

const RESTING = 160; // milliseconds without movement after which all points are drawn
const HOVER = 90; // milliseconds that the mouse rests on a point before its text is asked for
const REACH = 9; // pixels from a point at which it is meant

const KEPT = 64_000_000; // bytes of what was downloaded lately

const kept = new Map(); // by address: it is needed again when the page is shown again

function keepDownload(path, bytes) {
  kept.set(path, bytes);
  let size = 0;
  for (const [older, content] of [...kept].reverse()) {
    size += content.length;
    if (size > KEPT) kept.delete(older);
  }
}

async function download(path, signal, report = () => {}) {
  if (kept.has(path)) return kept.get(path);
  const answer = await fetch(path, { signal });
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  const total = Number(answer.headers.get("Content-Length")) || 0;
  const reader = answer.body.getReader(), parts = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    size += value.length;
    report(size, total);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  keepDownload(path, whole);
  return whole;
}

// How a person left a map, by its name: its element can be made anew when the page around it changes.
const lastViews = new Map();

class MapView {
  constructor(root, name) {
    this.root = root;
    this.name = name;
    const get = (name) => root.querySelector(`.map-${name}`);
    this.picture = get("picture");
    this.tip = get("tip");
    this.message = get("message");
    this.bar = get("bar");
    this.urls = {};
    this.loading = {};
    this.scene = { legend: [], names: [], found: [], hidden: new Set(), title: "" };
    this.lines = [];
    this.camera = new Camera();
    this.points = new Points(get("points"));
    this.overlay = new Overlay(get("overlay"));
    this.legend = new Legend(get("legend"), {
      toggled: (entry) => this.toggle(entry),
      alone: (entry) => this.alone(entry),
      pointed: (entry) => this.point(entry),
    });
    this.gestures = new Gestures(get("overlay"), this.camera, {
      moved: () => this.moved(),
      drawing: (corners) => this.trace(corners),
      drawn: (corners, mode) => this.drawn(corners, mode),
      clicked: (left, top) => this.clicked(left, top),
      over: (left, top) => this.over(left, top),
      left: () => this.hover(-1),
      escaped: () => this.pick({ mode: "none" }),
    });
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(this.picture);
    // Streamlit gives the theme as properties of an element around this one.
    this.theme = setInterval(() => this.retheme(), 500);
    for (const button of root.querySelectorAll("button[data-tool]"))
      button.addEventListener("click", () => this.choose(button.dataset.tool));
    get("home").addEventListener("click", () => this.gestures.reset());
    get("zoom").addEventListener("click", () => this.zoomToSelection());
    get("save").addEventListener("click", () => this.save());
    const lost = get("points");
    lost.addEventListener("webglcontextlost", (event) => event.preventDefault());
    lost.addEventListener("webglcontextrestored", () => this.restore());
    this.choose(lastViews.get(name)?.tool ?? "lasso");
    this.retheme();
    this.resize();
  }

  // What Python says now; anything that was there before is not loaded again.
  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    this.data = data;
    const { files } = data;
    this.load("places", files.places, (bytes) => this.setPlaces(bytes));
    this.load("scene", files.scene, (bytes) => this.setScene(JSON.parse(new TextDecoder().decode(bytes))));
    this.load("categories", files.categories, (bytes) => this.setCategories(bytes));
    this.load("chosen", files.chosen, (bytes) => this.setChosen(bytes));
    if (!this.gestures.corners) this.corners = null; // a lasso has been answered
    this.setTip(data.tip);
    this.lines = data.lines ?? [];
    this.cover();
  }

  load(name, url, act) {
    if (this.urls[name] === url) return;
    this.urls[name] = url;
    this.loading[name]?.abort();
    if (!url) {
      act(null);
      return;
    }
    const loading = (this.loading[name] = new AbortController());
    download(url, loading.signal, (size, total) => name === "places" && this.progress(size, total))
      .then((bytes) => {
        if (loading.signal.aborted) return;
        this.say("");
        act(bytes);
      })
      .catch((error) => {
        if (loading.signal.aborted) return;
        this.urls[name] = undefined;
        this.bar.hidden = true;
        this.say(`The map did not arrive: ${error.message} Reload the page to try again.`);
      });
  }

  progress(size, total) {
    this.bar.hidden = size === total;
    this.bar.max = total || 1;
    this.bar.value = size;
  }

  say(message) {
    this.message.hidden = !message;
    this.message.textContent = message;
  }

  setPlaces(bytes) {
    if (!bytes) return;
    this.places = new Uint16Array(bytes.buffer);
    this.points.setPlaces(this.places);
    this.nearest = this.contours = null; // made when they are first needed
    this.bar.hidden = true;
    this.hover(-1);
    this.gestures.drop();
    this.apply();
  }

  setScene(scene) {
    const same = scene.map === this.scene.map;
    const coloured = scene.title === this.scene.title && scene.legend.length === this.scene.legend.length;
    this.scene = { ...scene, hidden: same && coloured ? this.scene.hidden : new Set() };
    this.camera.home = scene.home;
    const before = lastViews.get(this.name);
    if (!same && before?.map === scene.map) {
      Object.assign(this.camera, before.camera);
      if (before.title === scene.title) this.scene.hidden = before.hidden;
    } else if (!same) this.camera.reset();
    this.resize();
    this.legend.show(this.scene);
    this.recolour();
  }

  setCategories(bytes) {
    this.categories = bytes;
    this.apply();
  }

  // Colours and selection of the points that are there; those of other points may have arrived sooner.
  apply() {
    const { count } = this.points;
    this.points.setCategories(this.categories?.length === count ? this.categories : null);
    const chosen = this.chosen?.length === 8 * Math.ceil(count / 8) ? this.chosen : null;
    this.points.setChosen(chosen, chosen ? this.selected : 0);
    this.root.querySelector(".map-zoom").disabled = !this.points.selected;
    this.root.dataset.selected = this.points.selected;
    this.redraw();
  }

  // One bit for each point, the first in the lowest bit.
  setChosen(bits) {
    this.chosen = bits && new Uint8Array(8 * bits.length);
    this.selected = 0;
    for (let point = 0; point < this.chosen?.length; point++)
      this.selected += this.chosen[point] = (bits[point >> 3] >> (point & 7)) & 1;
    this.apply();
  }

  toggle(entry) {
    const { hidden } = this.scene;
    hidden.has(entry) ? hidden.delete(entry) : hidden.add(entry);
    this.recolour();
  }

  alone(entry) {
    const { hidden, legend } = this.scene;
    const others = [0, ...legend.map((group) => group.entry)].filter((other) => other !== entry);
    const alone = !hidden.has(entry) && others.every((other) => hidden.has(other));
    hidden.clear();
    if (!alone) others.forEach((other) => hidden.add(other));
    this.legend.refresh(hidden);
    this.recolour();
  }

  point(entry) {
    this.pointed = entry;
    this.recolour();
  }

  recolour() {
    const { palette, hidden } = this.scene;
    if (!palette) return;
    const bytes = new Uint8Array(4 * 256);
    palette.forEach((own, entry) => {
      const aside = this.pointed != null && this.pointed !== entry;
      const found = this.pointed === entry && this.scene.greys.includes(entry);
      bytes.set(aside ? this.colours.grey : found ? this.scene.accent : own, 4 * entry);
      bytes[4 * entry + 3] = hidden.has(entry) ? 0 : aside ? 60 : 255;
    });
    this.points.setPalette(bytes);
    this.redraw();
  }

  retheme() {
    const style = getComputedStyle(this.root);
    const property = (name, other) => style.getPropertyValue(name).trim() || other;
    const background = property("--st-background-color", "#ffffff");
    if (this.colours?.background === background) return;
    const text = property("--st-text-color", "#31333f");
    this.colours = {
      background,
      text,
      font: property("--st-font", "sans-serif"),
      found: property("--st-red-color", "#d00000"),
      ring: numbers(text).map((part) => part / 255),
      grey: [140, 140, 140],
    };
    this.recolour();
    this.redraw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.picture;
    if (!width || !height) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    this.camera.resize(width, height);
    this.points.resize(width, height, ratio);
    this.overlay.resize(width, height, ratio);
    this.redraw();
  }

  // Draw soon; all of it once nothing moves.
  redraw() {
    if (this.frame || !this.camera.width) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    this.stop?.();
    clearTimeout(this.rest);
    const drawn = this.points.drawMoving(this.camera, this.colours);
    this.cover();
    // What was drawn, for whoever cannot see it: tests and benchmarks.
    const { dataset } = this.root;
    delete dataset.drawn;
    this.keep();
    dataset.view = JSON.stringify([this.camera.x, this.camera.y, this.camera.zoom]);
    dataset.frames = Number(dataset.frames ?? 0) + 1;
    const whole = () => (dataset.drawn = this.points.count);
    if (drawn >= this.points.count) whole();
    else
      this.rest = setTimeout(() => {
        this.stop = this.points.drawAll(this.camera, this.colours, whole);
      }, RESTING);
  }

  cover() {
    const names = this.overlay.draw(this.camera, this.scene, this.colours, {
      lasso: this.corners,
      hovered: this.hovered >= 0 && this.places ? this.placeOf(this.hovered) : null,
      opened: this.data?.bounds?.slice(0, 2),
      lines: this.lines,
      contours: this.scene.contours && this.places ? (this.contours ??= contourLines(this.places)) : null,
    });
    this.root.dataset.names = JSON.stringify(names);
  }

  placeOf(point) {
    return [this.places[2 * point], this.places[2 * point + 1]];
  }

  moved() {
    this.hover(-1);
    this.redraw();
  }

  trace(corners) {
    this.corners = corners;
    this.cover();
  }

  drawn(corners, mode) {
    const rounded = (value) => Math.round(100 * value) / 100;
    const polygon = corners.map(([left, top]) => this.camera.place(left, top).map(rounded));
    this.trace(corners); // until the answer is there
    this.pick({ polygon, mode, hidden: [...this.scene.hidden] });
  }

  // Say which map it was picked on: another one may be on its way.
  pick(what) {
    this.send("picked", { ...what, map: this.scene.map });
  }

  at(left, top) {
    if (!this.places) return -1;
    this.nearest ??= new Nearest(this.places);
    const { hidden } = this.scene;
    const shown = (point) => !hidden.size || !this.categories || !hidden.has(this.categories[point]);
    return this.nearest.find(...this.camera.place(left, top), REACH / this.camera.scale, shown);
  }

  clicked(left, top) {
    const point = this.at(left, top);
    this.hover(-1);
    if (point >= 0) this.pick({ point, mode: "replace" });
  }

  over(left, top) {
    const point = this.at(left, top);
    this.where = [left, top];
    if (point !== this.hovered) this.hover(point);
  }

  hover(point) {
    if (this.hovered === point) return;
    this.hovered = point;
    clearTimeout(this.asking);
    this.tip.hidden = true;
    if (point >= 0)
      this.asking = setTimeout(() => this.send("hovered", { point, map: this.scene.map }), HOVER);
    this.cover();
  }

  // The text of the row under the mouse, as text: it is never read as HTML.
  setTip(tip) {
    if (!tip || tip.point !== this.hovered) return;
    this.tip.replaceChildren();
    for (const [name, line] of [["tip-head", tip.head], ["tip-text", tip.text]]) {
      const part = document.createElement("div");
      part.className = name;
      part.dir = "auto";
      part.textContent = line;
      this.tip.append(part);
    }
    this.tip.hidden = false;
    const [left, top] = this.where;
    const right = left + 14 + this.tip.offsetWidth > this.camera.width;
    this.tip.style.left = `${Math.max(0, right ? left - 14 - this.tip.offsetWidth : left + 14)}px`;
    this.tip.style.top = `${clamp(top + 14, 0, Math.max(0, this.camera.height - this.tip.offsetHeight))}px`;
  }

  choose(tool) {
    this.gestures.tool = tool;
    for (const button of this.root.querySelectorAll("button[data-tool]"))
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    this.picture.dataset.tool = tool;
    this.keep();
  }

  zoomToSelection() {
    if (!this.data.bounds) return;
    this.camera.show(this.data.bounds);
    this.moved();
  }

  save() {
    const whole = document.createElement("canvas");
    const { canvas } = this.points;
    [whole.width, whole.height] = [canvas.width, canvas.height];
    const context = whole.getContext("2d");
    context.fillStyle = this.colours.background;
    context.fillRect(0, 0, whole.width, whole.height);
    context.drawImage(canvas, 0, 0);
    context.drawImage(this.overlay.canvas, 0, 0);
    whole.toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `${this.data.name}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    });
  }

  // The browser took the graphics context away, and gave another.
  restore() {
    this.points.prepare();
    if (this.places) this.points.setPlaces(this.places);
    this.apply();
    this.resize();
    this.recolour();
  }

  // Keep how the map was left.
  keep() {
    const { x, y, scale, moved } = this.camera;
    const { map, hidden, title } = this.scene;
    const { tool } = this.gestures;
    if (map) lastViews.set(this.name, { map, hidden, title, tool, camera: { x, y, scale, moved } });
  }

  release() {
    clearInterval(this.theme);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    clearTimeout(this.asking);
    Object.values(this.loading).forEach((loading) => loading.abort());
    this.stop?.();
    this.watching.disconnect();
    this.gestures.release();
    this.points.release();
  }
}

function numbers(colour) {
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.fillStyle = colour;
  return [1, 3, 5].map((at) => parseInt(canvas.fillStyle.slice(at, at + 2), 16));
}

const views = new WeakMap();

export default function (component) {
  const parent = component.parentElement;
  if (!views.has(parent)) {
    const style = document.createElement("style");
    style.textContent = MARKUP.css;
    const whole = document.createElement("template");
    whole.innerHTML = MARKUP.html;
    parent.replaceChildren(style, whole.content);
    const root = parent.querySelector(".map-view");
    try {
      views.set(parent, new MapView(root, component.data.key));
    } catch (error) {
      const message = root.querySelector(".map-message");
      message.hidden = false;
      message.textContent = `This browser cannot draw the map: ${error.message}`;
      return;
    }
  }
  views.get(parent).update(component);
}

// Called when the map has left the page.
export function release(parent) {
  views.get(parent)?.release();
  views.delete(parent);
}

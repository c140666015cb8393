// The component: what Streamlit calls, and what joins the other files of this folder.

const RESTING = 160; // milliseconds without movement after which all points are drawn
const HOVER = 90; // milliseconds that the mouse rests on a point before its text is asked for
const FOLLOWING = 250; // milliseconds without movement after which the rows beside the map follow
const REACH = 9; // pixels from a point at which it is meant
const MOST_CORNERS = 2000; // of a lasso
const CONTOURED = 100; // points; lines around each of fewer would say nothing

// How a person left a map, by its name: its element can be made anew when the page around it changes.
const lastViews = new Map();

class MapView {
  constructor(root, name) {
    this.root = root;
    this.name = name;
    const get = (name) => root.querySelector(`.map-${name}`);
    this.holder = get("panels");
    this.tip = new Tip(get("tip"));
    this.message = get("message");
    this.bar = get("bar");
    this.note = get("note");
    this.files = new Files({
      waiting: (names) => names.some((name) => name.startsWith("map ")) && this.wait(),
      progress: (size, total) => this.progress(size, total),
      arrived: (bytes, changed) => this.arrived(bytes, changed),
      failed: (error) => this.failed("The map", error),
    });
    this.listed = new Files({
      arrived: ({ rows }) => this.setRows(this.resolved(jsonOf(rows))),
      failed: (error) => this.failed("The rows beside the map", error),
    });
    this.scene = { legend: [], names: [], found: [], query: [], panels: [], morph: [], hidden: new Set() };
    this.data = { lines: [], opened: null };
    this.panels = [];
    this.hovered = -1;
    this.camera = new Camera();
    this.points = pointsOn(get("points"));
    if (this.points instanceof RasterPoints) root.dataset.raster = "";
    this.legend = new Legend(get("legend"), {
      toggled: (entry) => this.toggle(entry),
      alone: (entry) => this.alone(entry),
      picked: (entry, mode) => this.pick({ entry, mode }),
      pointed: (entry) => this.point(entry),
      shown: () => this.showAll(),
    });
    this.rows = new Rows(get("rows"), {
      picked: (point) => this.open(point),
      pointed: (point) => this.hover(this.panels[0], point, { quiet: true }),
      acted: (name) => this.send("acted", { name, map: this.scene.map }),
    });
    this.morph = new Morph(get("morph"), { moved: () => this.morphed() });
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(this.holder);
    // The ground of another theme comes as a transition, for which the style sheet provides.
    root.addEventListener("transitionrun", (event) => event.target === root && this.retheme());
    for (const button of root.querySelectorAll("button[data-tool]"))
      button.addEventListener("click", () => this.choose(button.dataset.tool));
    for (const button of root.querySelectorAll("button[data-save]"))
      button.addEventListener("click", () => this.save(button.dataset.save));
    get("home").addEventListener("click", () => this.reset());
    get("zoom").addEventListener("click", () => this.zoomToSelection());
    get("invert").addEventListener("click", () => this.pick({ mode: "invert", hidden: [...this.scene.hidden] }));
    this.note.querySelector("button").addEventListener("click", () => {
      this.camera.show(this.camera.whole);
      this.moved();
    });
    const lost = get("points");
    lost.addEventListener("webglcontextlost", (event) => event.preventDefault());
    lost.addEventListener("webglcontextrestored", () => this.restore());
    this.tool = lastViews.get(name)?.tool ?? (matchMedia("(pointer: coarse)").matches ? "pan" : "lasso");
    this.layers = lastViews.get(name)?.layers ?? { names: true, contours: false };
    this.hiddenBy = lastViews.get(name)?.hiddenBy ?? new Map(); // the entries that are hidden, by their colours
    for (const button of root.querySelectorAll("button[data-layer]")) {
      const { layer } = button.dataset;
      const show = () => button.setAttribute("aria-pressed", String(this.layers[layer]));
      button.addEventListener("click", () => {
        this.layers[layer] = !this.layers[layer];
        show();
        this.redraw();
      });
      show();
    }
    this.retheme();
    this.resize();
  }

  // What Python says now; it is shown once the files that it names are there.
  update({ data, setTriggerValue }) {
    this.send = setTriggerValue;
    this.next = data;
    const { positions, scene, categories, selected, visible, rows } = data.files;
    const maps = Object.fromEntries(positions.map((path, number) => [`map ${number}`, path]));
    this.files.want({ scene, categories, selected, visible, ...maps });
    this.listed.want({ rows });
    if (this.files.settled) this.apply();
  }

  // Rows with the whole addresses of their thumbnails.
  resolved(rows) {
    for (const row of rows?.rows ?? []) if (row.image) row.image = this.addressOf(row.image);
    return rows;
  }

  // Thumbnails lie where the script that draws does.
  addressOf(path) {
    return new URL(path.split("/").pop(), this.next.files.engine).href;
  }

  // The files that belong to what Python said last.
  arrived(bytes, changed) {
    this.bar.hidden = true;
    this.say("");
    const maps = Object.keys(bytes).filter((name) => name.startsWith("map "));
    const points = maps.length !== this.maps?.length || maps.some((name) => changed.has(name));
    if (points) this.setPositions(maps.map((name) => new Uint16Array(bytes[name].buffer)));
    if (changed.has("scene")) this.setScene(jsonOf(bytes.scene));
    if (points || changed.has("categories")) {
      this.categories = bytes.categories;
      this.points.setCategories(bytes.categories);
    }
    if (changed.size) this.setStates(bytes, points || changed.has("visible"));
    this.apply();
  }

  apply() {
    const before = this.data;
    this.data = this.next;
    if (!this.panels.some((panel) => panel.gestures.corners)) this.lasso = null; // it has been answered
    if (this.data.follow && before.follow === false) this.follow(); // the view can be another by now
    this.setTip(this.data.tip);
    const images = (this.data.images ?? []).map(([point, path]) => [point, this.addressOf(path)]);
    for (const panel of this.panels) panel.thumbnails.show(images);
    this.redraw();
  }

  wait() {
    this.bar.hidden = false;
    this.bar.removeAttribute("value"); // how much there is is not known yet
  }

  failed(what, error) {
    this.bar.hidden = true;
    this.say(`${what} did not arrive: ${error.message} Reload the page to try again.`);
  }

  progress(size, total) {
    this.bar.max = total || 1;
    this.bar.value = size;
  }

  say(message) {
    const raster = "This browser has no WebGL2, so the processor draws the map; large ones move less smoothly.";
    const shown = message || ("raster" in this.root.dataset ? raster : "");
    this.message.hidden = !shown;
    this.message.textContent = shown;
  }

  setPositions(maps) {
    this.maps = maps;
    this.points.setPositions(maps);
    this.mixed = null; // made when it is first needed
    this.camera.whole = boundsOf(maps);
    this.forget(); // what is drawn over the points waits for their scene
  }

  setScene(scene) {
    const { scene: before } = this, left = lastViews.get(this.name);
    const known = [before, left].find((other) => other?.base === scene.base);
    if (!this.hiddenBy.has(scene.colours)) this.hiddenBy.set(scene.colours, new Set());
    this.scene = { ...scene, hidden: this.hiddenBy.get(scene.colours) };
    this.camera.restore(known && known === left ? left.camera : this.camera, known ?? scene, scene);
    if (!known) this.camera.reset();
    this.morph.show(scene.morph);
    this.layOut(scene.panels);
    this.panels.forEach((panel) => panel.describe(scene));
    this.panels[0].at = this.morph.at;
    this.strays = new Strays(this.maps, scene.home);
    this.resize();
    this.legend.show(this.scene);
    this.beside();
    this.recolour();
    if (before.colours !== scene.colours) this.follow(); // other groups can be hidden
  }

  // One panel for each title; the maps that a slider turns into each other share one.
  layOut(titles) {
    const told = JSON.stringify(titles);
    if (told === this.titles) return;
    this.titles = told;
    this.panels.forEach((panel) => {
      panel.element.remove();
      panel.release();
    });
    const on = {
      moved: () => this.moved(),
      drawing: (panel, corners) => this.trace(panel, corners),
      drawn: (panel, corners, mode) => this.drawn(panel, corners, mode),
      clicked: (panel, left, top) => this.clicked(panel, left, top),
      over: (panel, left, top) => this.over(panel, left, top),
      left: () => this.hover(null, -1),
      stepped: (panel, direction) => this.step(panel, direction),
      entered: () => this.open(this.hovered),
      escaped: () => (this.stepped && this.hovered >= 0 ? this.hover(null, -1) : this.pick({ mode: "none" })),
    };
    this.panels = titles.map((title, number) => new Panel(title, number, this.camera, on));
    this.holder.prepend(...this.panels.map((panel) => panel.element));
    this.holder.dataset.panels = titles.length;
    this.choose(this.tool);
  }

  setRows(rows) {
    this.rows.show(rows);
    this.beside();
  }

  // Without a legend and rows, the map has all of the width.
  beside() {
    const whole = this.root.querySelector(".map-beside");
    whole.hidden = [...whole.children].every((child) => child.hidden);
  }

  // Which points are selected, and which are shown, null for all: one bit each, the first in the lowest bit.
  setStates({ selected, visible }, others) {
    const { count } = this.points, states = selected || visible ? new Uint8Array(count) : null;
    const isSet = (bits, point) => (bits[point >> 3] >> (point & 7)) & 1;
    let chosen = 0, shown = 0;
    this.counts = visible && this.categories && new Uint32Array(256); // points shown, by their entry of the palette
    for (let point = 0; states && point < count; point++) {
      if (visible && !isSet(visible, point)) {
        states[point] = HIDDEN;
        continue;
      }
      shown++;
      if (this.counts) this.counts[this.categories[point]]++;
      if (selected && isSet(selected, point)) chosen += states[point] = SELECTED;
    }
    this.states = states;
    this.points.setStates(states, chosen, states ? shown : count);
    for (const group of this.scene.legend) group.shown = this.counts ? this.counts[group.entry] : group.count;
    this.legend.recount(this.scene.legend);
    if (others) this.contours = null; // made when they are first needed
    this.root.querySelector("[data-layer=contours]").disabled = this.points.shown < CONTOURED;
    for (const name of ["zoom", "invert"]) this.root.querySelector(`.map-${name}`).disabled = !chosen;
    this.root.dataset.selected = chosen;
    this.root.dataset.shown = this.points.shown;
  }

  toggle(entry) {
    const { hidden } = this.scene;
    hidden.has(entry) ? hidden.delete(entry) : hidden.add(entry);
    this.rehide();
  }

  alone(entry) {
    const { hidden, legend } = this.scene;
    const others = [0, ...legend.map((group) => group.entry)].filter((other) => other !== entry);
    const alone = !hidden.has(entry) && others.every((other) => hidden.has(other));
    hidden.clear();
    if (!alone) others.forEach((other) => hidden.add(other));
    this.rehide();
  }

  showAll() {
    this.scene.hidden.clear();
    this.rehide();
  }

  // Other groups are hidden now.
  rehide() {
    this.legend.refresh(this.scene.hidden);
    this.recolour();
    this.follow();
  }

  point(entry) {
    this.pointed = entry;
    this.recolour();
  }

  recolour() {
    const { palettes, hidden } = this.scene;
    if (!palettes) return;
    const palette = palettes[this.colours.dark ? 1 : 0];
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
    if (this.colours?.background === groundOf(this.root)) return;
    this.colours = themeOf(this.root);
    this.root.toggleAttribute("data-dark", this.colours.dark);
    this.recolour();
    this.redraw();
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.holder;
    if (!width || !height || !this.panels.length) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    const { pane } = this.panels[0];
    this.camera.resize(pane.width, pane.height);
    this.points.resize(width, height, ratio);
    for (const panel of this.panels) panel.overlay.resize(pane.width, pane.height, ratio);
    this.redraw();
    if (this.data.images) this.follow(); // others can be in view
  }

  // Draw soon: a part of the points while a hand moves the map, and all of them once it rests.
  redraw() {
    if (this.frame || !this.panels.length || !this.camera.width) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.draw();
    });
  }

  draw() {
    this.stop?.();
    clearTimeout(this.rest);
    const panes = this.panels.map((panel) => panel.pane);
    const drawn = this.points.drawMoving(this.camera, this.colours, panes);
    for (const panel of this.panels) panel.thumbnails.place(this.camera, (point) => this.lookOf(panel, point));
    this.cover();
    // What was drawn, for whoever cannot see it: tests and benchmarks.
    const { dataset } = this.root;
    delete dataset.drawn;
    this.keep();
    dataset.view = JSON.stringify([this.camera.x, this.camera.y, this.camera.zoom]);
    dataset.at = this.morph.at;
    dataset.frames = Number(dataset.frames ?? 0) + 1;
    const whole = () => {
      dataset.drawn = this.points.count;
      this.countStrays();
    };
    if (drawn >= this.points.count) whole();
    else
      this.rest = setTimeout(
        () => (this.stop = this.points.drawRest(this.camera, this.colours, panes, drawn, whole)),
        this.moving ? RESTING : 0,
      );
    this.moving = false;
  }

  // Draw what is over the points.
  cover() {
    const names = this.panels.map((panel) => {
      panel.overlay.draw(this.camera, this.colours, this.drawnOver(panel));
      const placed = this.namesOf(panel);
      panel.overlay.write(placed, this.colours);
      return placed.map((each) => each.name);
    });
    this.root.dataset.names = JSON.stringify(names.flat());
  }

  drawnOver(panel) {
    const place = (point) => this.placeOf(panel, point), shown = (point) => this.shown(point);
    return {
      lasso: this.lasso?.panel === panel ? this.lasso.corners : null,
      hovered: this.hovered >= 0 ? place(this.hovered) : null,
      opened: this.data.opened === null ? null : place(this.data.opened),
      lines: this.data.lines.map(place),
      found: this.scene.found.map(place),
      query: Math.ceil(panel.at) < this.scene.query.length ? between(this.scene.query, panel.at) : null,
      contours: this.layers.contours && this.points.shown >= CONTOURED && Number.isInteger(panel.at) ? this.contoursOf(panel) : null,
      strays: this.strays.marked(shown).map(place),
    };
  }

  // How the thumbnail at a point looks.
  lookOf(panel, point) {
    const palette = this.scene.palettes[this.colours.dark ? 1 : 0];
    const faded = this.points.selected > 0 && this.states[point] !== SELECTED;
    const colour = palette[this.categories?.[point] ?? 0];
    return { place: this.placeOf(panel, point), shown: this.shown(point), faded, colour };
  }

  namesOf(panel) {
    if (!this.layers.names) return [];
    const shown = (entry) => !this.scene.hidden.has(entry) && (!this.counts || entry === null || this.counts[entry]);
    const names = this.scene.names.filter(({ entry }) => shown(entry));
    return panel.overlay.placed(this.camera, names, panel.at, this.colours);
  }

  contoursOf(panel) {
    this.contours ??= new Map();
    if (!this.contours.has(panel.at)) this.contours.set(panel.at, contourLines(this.placesAt(panel.at), this.states));
    return this.contours.get(panel.at);
  }

  // All places on a map, or on the way from one to the next.
  placesAt(at) {
    const from = Math.floor(at), share = at - from;
    if (!share) return this.maps[from];
    if (this.mixed?.at !== at) {
      const [before, after] = [this.maps[from], this.maps[from + 1]];
      this.mixed = { at, places: before.map((value, axis) => value + share * (after[axis] - value)) };
    }
    return this.mixed.places;
  }

  placeOf(panel, point) {
    return between(this.maps.map((places) => [places[2 * point], places[2 * point + 1]]), panel.at);
  }

  // Say how many points the first view leaves out.
  countStrays() {
    const placesOf = (point) => this.panels.map((panel) => this.placeOf(panel, point));
    const shown = (point) => this.shown(point);
    const outside = this.camera.moved ? 0 : this.strays.hiddenFrom(this.camera, placesOf, shown);
    this.note.hidden = !outside;
    const few = outside === 1 ? "1 row lies" : `${outside.toLocaleString("en")} rows lie`;
    this.note.querySelector("span").textContent = `${few} outside.`;
  }

  moved() {
    this.moving = true;
    this.hover(null, -1);
    this.redraw();
    this.follow();
  }

  reset() {
    this.camera.reset();
    this.moved();
  }

  morphed() {
    this.panels[0].at = this.morph.at;
    this.moved();
  }

  // Say what is in view once nothing moves, if rows beside the map or thumbnails on it follow it.
  follow() {
    clearTimeout(this.following);
    if (!this.data.follow && !this.data.images) return;
    this.following = setTimeout(() => {
      const { camera, panels: [panel] } = this;
      const [left, top] = camera.place(0, 0), [right, bottom] = camera.place(camera.width, camera.height);
      const box = [left, bottom, right, top].map(Math.round);
      const { hidden, map, colours } = this.scene;
      this.send("viewed", { box, at: panel.at, hidden: [...hidden], map, colours });
    }, FOLLOWING);
  }

  trace(panel, corners) {
    this.lasso = corners && { panel, corners };
    this.cover();
  }

  drawn(panel, corners, mode) {
    const rounded = (value) => Math.round(100 * value) / 100;
    const step = Math.ceil(corners.length / MOST_CORNERS);
    const polygon = corners.filter((_, number) => number % step === 0).map(([left, top]) => this.camera.place(left, top).map(rounded));
    this.trace(panel, corners); // until the answer is there
    this.pick({ polygon, mode, at: panel.at, hidden: [...this.scene.hidden] });
  }

  // Say on which map and with which colours it was picked: others may be on their way.
  pick(what) {
    const { map, colours } = this.scene;
    this.send("picked", { ...what, map, colours });
  }

  shown(point) {
    const { hidden } = this.scene;
    if (this.states?.[point] === HIDDEN) return false;
    return !hidden.size || !this.categories || !hidden.has(this.categories[point]);
  }

  nearest(panel) {
    const places = this.placesAt(panel.at);
    if (panel.nearest?.places !== places) panel.nearest = new Nearest(places);
    return panel.nearest;
  }

  find(panel, left, top, reach) {
    const shown = (point) => this.shown(point);
    return this.nearest(panel).find(...this.camera.place(left, top), reach / this.camera.scale, shown);
  }

  get reach() {
    return this.data.images?.length ? REACHED : REACH;
  }

  clicked(panel, left, top) {
    this.open(this.find(panel, left, top, this.reach));
  }

  // Select one row, which shows its text and its nearest.
  open(point) {
    this.hover(null, -1);
    if (point >= 0) this.pick({ point, mode: "replace" });
  }

  over(panel, left, top) {
    const point = this.find(panel, left, top, this.reach);
    this.where = [left, top];
    this.stepped = false;
    if (point !== this.hovered) this.hover(panel, point);
  }

  // By keys: from the row that is pointed at, or open, to the next in a direction; at first to the middle one.
  step(panel, direction) {
    const { width, height } = this.camera, shown = (point) => this.shown(point);
    const from = this.hovered >= 0 ? this.hovered : this.data.opened;
    const point =
      from === null
        ? this.find(panel, width / 2, height / 2, Math.max(width, height))
        : this.nearest(panel).towards(from, direction, shown);
    if (point < 0) return;
    const place = this.placeOf(panel, point);
    let [left, top] = this.camera.pixel(...place);
    if (left < 0 || left > width || top < 0 || top > height) {
      [this.camera.x, this.camera.y, this.camera.moved] = [...place, true];
      [left, top] = [width / 2, height / 2];
      this.redraw();
      this.follow();
    }
    this.where = [left, top];
    this.stepped = true;
    this.hover(panel, point);
  }

  // Ring a row, in all panels, and ask for its text unless it is there to read already.
  hover(panel, point, { quiet = false } = {}) {
    if (this.hovered === point) return;
    this.forget();
    this.hovered = point;
    this.hoveredOn = quiet ? null : panel;
    if (point >= 0 && !quiet)
      this.asking = setTimeout(() => this.send("hovered", { point, map: this.scene.map }), HOVER);
    this.cover();
  }

  // No row is pointed at any more.
  forget() {
    this.hovered = -1;
    this.hoveredOn = null;
    clearTimeout(this.asking);
    this.tip.hide();
  }

  // The text of the row that is pointed at.
  setTip(tip) {
    if (!tip || tip.point !== this.hovered || !this.hoveredOn) return;
    const { left, top } = this.hoveredOn.pane;
    const image = tip.image && this.addressOf(tip.image);
    this.tip.show({ ...tip, image }, this.where[0] + left, this.where[1] + top);
  }

  choose(tool) {
    this.tool = tool;
    for (const button of this.root.querySelectorAll("button[data-tool]"))
      button.setAttribute("aria-pressed", String(button.dataset.tool === tool));
    for (const panel of this.panels) panel.gestures.tool = tool;
    this.holder.dataset.tool = tool;
    this.keep();
  }

  zoomToSelection() {
    if (!this.data.bounds) return;
    this.camera.show(this.data.bounds);
    this.moved();
  }

  async save(kind) {
    this.stop?.();
    clearTimeout(this.rest);
    const { points, camera, panels, scene, colours } = this;
    const { clientWidth: width, clientHeight: height } = this.holder;
    const picture = pictureOf(kind, {
      points, camera, panels, scene, colours,
      panes: panels.map((panel) => panel.pane),
      size: { width, height },
      drawnOver: (panel) => ({ ...this.drawnOver(panel), hovered: null }),
      namesOf: (panel) => this.namesOf(panel),
    });
    this.resize(); // it was drawn on this canvas, at another size
    const link = document.createElement("a");
    link.href = URL.createObjectURL(await picture);
    link.download = `${this.data.name}.${kind}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  // The browser took the graphics context away, and gave another.
  restore() {
    this.points.prepare();
    if (!this.maps) return;
    this.points.setPositions(this.maps);
    this.points.setCategories(this.categories);
    this.setStates(this.files.bytes);
    this.resize();
    this.recolour();
  }

  // Keep how the map was left.
  keep() {
    const { x, y, zoom, moved } = this.camera;
    const { base, grid, home } = this.scene;
    const { tool, layers, hiddenBy } = this;
    lastViews.set(this.name, { base, grid, home, tool, layers, hiddenBy, camera: { x, y, zoom, moved } });
  }

  release() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    clearTimeout(this.asking);
    this.files.release();
    this.listed.release();
    this.stop?.();
    this.watching.disconnect();
    this.morph.stop();
    clearTimeout(this.following);
    this.panels.forEach((panel) => panel.release());
    this.points.release();
  }
}

// The least and the largest x and y of all maps.
function boundsOf(maps) {
  const bounds = [LARGEST, LARGEST, 0, 0];
  for (const places of maps)
    for (let at = 0; at < places.length; at++) {
      if (places[at] < bounds[at & 1]) bounds[at & 1] = places[at];
      if (places[at] > bounds[2 + (at & 1)]) bounds[2 + (at & 1)] = places[at];
    }
  return bounds;
}

const views = new WeakMap();

export default function mount(component) {
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

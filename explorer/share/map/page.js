
// In a file of its own, what Python answers on the page is answered here.

const LISTED = 200; // rows beside the map

class Offline {
  constructor({ name, files, tips, rows }) {
    Object.assign(this, { tips, rows });
    this.data = { key: "map", name, files: { ...files, selected: null, rows: null }, lines: [], opened: null, bounds: null, follow: false, tip: null };
    this.parent = document.getElementById("map");
    this.update();
  }

  update() {
    mount({ data: this.data, parentElement: this.parent, setTriggerValue: (name, what) => this[name]?.(what) });
  }

  // Without texts, a row is its number and its group.
  tip(point) {
    if (this.tips) return this.tips[point];
    const { scene, categories } = views.get(this.parent);
    const group = categories && scene.legend.find(({ entry }) => entry === categories[point]);
    return [`row ${this.rows[point].toLocaleString("en")}${group ? ` · ${group.name}` : ""}`, ""];
  }

  hovered({ point }) {
    const [head, text] = this.tip(point);
    this.data.tip = { point, head, text };
    this.update();
  }

  picked({ mode, point, entry, polygon, hidden, at }) {
    const view = views.get(this.parent), { count } = view.points;
    const before = this.chosen ?? new Uint8Array(count), chosen = new Uint8Array(count);
    const places = polygon && view.placesAt(at);
    for (let each = 0; each < count; each++) {
      const shown = !hidden?.length || !view.categories || !hidden.includes(view.categories[each]);
      let inside = each === point;
      if (polygon) inside = shown && within(places[2 * each], places[2 * each + 1], polygon);
      else if (entry !== undefined) inside = view.categories?.[each] === entry;
      if (view.states?.[each] === HIDDEN) inside = false;
      if (mode === "replace") chosen[each] = inside;
      else if (mode === "add") chosen[each] = before[each] || inside;
      else if (mode === "subtract") chosen[each] = before[each] && !inside;
      else chosen[each] = mode === "invert" && shown && view.states?.[each] !== HIDDEN && !before[each];
    }
    if (mode === "replace" && !chosen.includes(1)) chosen.set(before); // a lasso around nothing changes nothing
    this.chosen = chosen;
    this.select(view);
    this.update();
  }

  // Say which points are selected, and list their rows.
  select(view) {
    const bits = new Uint8Array(Math.ceil(this.chosen.length / 8)), listed = [], bounds = [LARGEST, LARGEST, 0, 0];
    let count = 0;
    this.chosen.forEach((on, point) => {
      if (!on) return;
      bits[point >> 3] |= 1 << (point & 7);
      count++;
      for (let axis = 0; axis < 2; axis++) {
        const value = view.maps[0][2 * point + axis];
        bounds[axis] = Math.min(bounds[axis], value);
        bounds[2 + axis] = Math.max(bounds[2 + axis], value);
      }
      const [head, text] = this.tip(point);
      if (listed.length < LISTED) listed.push({ point, head, text, whole: count === 1 });
    });
    const title = count === 1 ? "One row selected" : `${count.toLocaleString("en")} rows selected`;
    const more = count > LISTED ? `The first ${LISTED} of ${count.toLocaleString("en")}.` : "";
    const rows = { title, words: [], shares: [], actions: [], rows: listed, more };
    const { files } = this.data;
    files.selected = count ? addressOf(bits) : null;
    files.rows = count ? addressOf(new TextEncoder().encode(JSON.stringify(rows))) : null;
    this.data.bounds = count ? bounds : null;
  }
}

// The even-odd rule, as in Python.
function within(x, y, polygon) {
  let inside = false;
  for (let at = 0, last = polygon.length - 1; at < polygon.length; last = at++) {
    const [ax, ay] = polygon[at], [bx, by] = polygon[last];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

function addressOf(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return `data:application/octet-stream;base64,${btoa(text)}`;
}

new Offline(JSON.parse(document.getElementById("data").textContent));

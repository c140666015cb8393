// The map as a picture at print size, with title, legend and names: as PNG, or as SVG whose points are an image.

const PRINT_WIDTH = 3543; // pixels across: 30 centimetres at 300 dots per inch
const TITLE_HEIGHT = 44, LEGEND_WIDTH = 240, MARGIN = 12, ENTRY_HEIGHT = 20; // CSS pixels of the title, the legend, the margin, a legend entry
const TITLE_LETTER = 8; // CSS pixels that a letter of the title of a panel takes at most, nearly always

// Draws on a canvas that is `ratio` times as large.
class CanvasSheet {
  constructor(width, height, ratio, colours) {
    this.canvas = document.createElement("canvas");
    [this.canvas.width, this.canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    this.context = this.canvas.getContext("2d");
    this.context.scale(ratio, ratio);
    this.context.fillStyle = colours.background;
    this.context.fillRect(0, 0, width, height);
    this.colours = colours;
  }

  image(canvas, left, top, width, height) {
    this.context.drawImage(canvas, left, top, width, height);
  }

  rectangle(left, top, width, height, fill) {
    const { context } = this;
    context.fillStyle = context.strokeStyle = fill ?? this.colours.grey;
    context.lineWidth = 1;
    fill ? context.fillRect(left, top, width, height) : context.strokeRect(left, top, width, height);
  }

  text(text, left, middle, size, { anchor = "start", halo = false, weight = 400 } = {}) {
    const { context, colours } = this;
    context.font = `${weight} ${size}px ${colours.font}`;
    context.textAlign = anchor === "middle" ? "center" : anchor;
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3.5;
    context.strokeStyle = colours.background;
    if (halo) context.strokeText(text, left, middle);
    context.fillStyle = colours.text;
    context.fillText(text, left, middle);
  }

  content() {
    return new Promise((done) => this.canvas.toBlob(done, "image/png"));
  }
}

// Writes the same as SVG, so that text stays text.
class SvgSheet {
  constructor(width, height, _ratio, colours) {
    Object.assign(this, { width, height, colours, parts: [] });
    this.rectangle(0, 0, width, height, colours.background);
  }

  image(canvas, left, top, width, height) {
    this.add("image", { x: left, y: top, width, height, href: canvas.toDataURL("image/png") });
  }

  rectangle(left, top, width, height, fill) {
    this.add("rect", { x: left, y: top, width, height, fill: fill ?? "none", stroke: fill ? "none" : this.colours.grey });
  }

  text(text, left, middle, size, { anchor = "start", halo = false, weight = 400 } = {}) {
    const { font, text: fill, background } = this.colours;
    const around = halo ? { stroke: background, "stroke-width": 3.5, "stroke-linejoin": "round", "paint-order": "stroke" } : {};
    const look = { "font-family": font, "font-size": size, "font-weight": weight, "text-anchor": anchor, fill };
    this.add("text", { x: left, y: middle, "dominant-baseline": "central", ...look, ...around }, text);
  }

  add(name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    // Characters that XML does not allow would make the whole file unreadable.
    element.textContent = text.replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "");
    this.parts.push(element);
  }

  async content() {
    const whole = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    whole.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    whole.setAttribute("width", `${this.width}`);
    whole.setAttribute("height", `${this.height}`);
    whole.append(...this.parts);
    return new Blob([new XMLSerializer().serializeToString(whole)], { type: "image/svg+xml" });
  }
}

const SHEETS = { png: CanvasSheet, svg: SvgSheet };

// The picture of what a map shows now, as a Blob.
async function pictureOf(kind, { points, camera, panels, panes, scene, colours, size, drawnOver, namesOf }) {
  const hasLegend = scene.legend.length > 0 || scene.scale;
  const width = size.width + 2 * MARGIN + (hasLegend ? LEGEND_WIDTH : 0), height = TITLE_HEIGHT + size.height + MARGIN;
  const ratio = Math.min(PRINT_WIDTH / width, points.limit / Math.max(size.width, size.height));
  const sheet = new SHEETS[kind](width, height, ratio, { ...colours, grey: "#8C8C8C" });
  const some = points.shown < points.count ? ` · ${points.shown.toLocaleString("en")} shown` : "";
  sheet.text(scene.heading + some, MARGIN, TITLE_HEIGHT / 2, 17, { weight: 600 });
  points.resize(size.width, size.height, ratio);
  points.drawWhole(camera, colours, panes);
  sheet.image(points.canvas, MARGIN, TITLE_HEIGHT, size.width, size.height);
  const over = new Overlay(document.createElement("canvas"));
  panels.forEach((panel, number) => {
    const { left, top, width: across, height: down } = panes[number];
    over.resize(across, down, ratio);
    over.draw(camera, colours, drawnOver(panel));
    sheet.image(over.canvas, MARGIN + left, TITLE_HEIGHT + top, across, down);
    if (panels.length > 1) {
      sheet.rectangle(MARGIN + left, TITLE_HEIGHT + top, across, down);
      sheet.text(cut(panel.title, Math.floor(across / TITLE_LETTER)), MARGIN + left, TITLE_HEIGHT + top - 12, 13, { weight: 600 });
    }
    for (const name of namesOf(panel))
      sheet.text(name.name, MARGIN + left + name.left, TITLE_HEIGHT + top + name.top, name.size, { anchor: "middle", halo: true, weight: 600 });
  });
  if (hasLegend) writeLegend(sheet, scene, size.width + 3 * MARGIN, height);
  return sheet.content();
}

// A text of at most so many characters.
function cut(text, most) {
  return [...text].length > most ? `${[...text].slice(0, most - 1).join("")}…` : text;
}

function writeLegend(sheet, scene, left, height) {
  let middle = TITLE_HEIGHT + ENTRY_HEIGHT / 2;
  sheet.text(scene.title, left, middle, 13, { weight: 600 });
  if (scene.scale) {
    const { low, high } = scene.scale, colours = scene.scale.colours[sheet.colours.dark ? 1 : 0];
    const step = (LEGEND_WIDTH - 40) / colours.length;
    colours.forEach((colour, number) => sheet.rectangle(left + number * step, middle + 14, step + 0.5, 12, colour));
    sheet.text(low, left, middle + 38, 12);
    sheet.text(high, left + LEGEND_WIDTH - 40, middle + 38, 12, { anchor: "end" });
  }
  const shown = scene.legend.filter(({ entry }) => !scene.hidden.has(entry));
  const room = Math.floor((height - TITLE_HEIGHT - MARGIN - 2 * ENTRY_HEIGHT) / ENTRY_HEIGHT);
  for (const { name, shown: count, colour } of shown.slice(0, room)) {
    middle += ENTRY_HEIGHT;
    sheet.rectangle(left, middle - 5, 10, 10, colour);
    sheet.text(`${cut(name, 26)}  ${count.toLocaleString("en")}`, left + 18, middle, 12);
  }
  if (shown.length > room) sheet.text(`and ${shown.length - room} more`, left + 18, middle + ENTRY_HEIGHT, 12);
}

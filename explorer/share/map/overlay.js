// What is drawn over the points: contours, lines to neighbours, rings around found rows, names, the lasso.

const NAME_FONT = 12;
const ABOVE = 13; // pixels from the middle of a group up to its name, which would hide a point there
const STRAY = 6; // pixels of the edge that one mark stands for
const NEAR = 2; // times the first view, from which on strays are no longer marked: nearly all points are outside

class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.widths = new Map();
  }

  resize(width, height, ratio) {
    this.canvas.width = Math.max(1, Math.round(width * ratio));
    this.canvas.height = Math.max(1, Math.round(height * ratio));
    this.ratio = ratio;
  }

  // Draw everything but the names.
  draw(camera, colours, { lasso, hovered, opened, lines, found, query, contours, strays }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (contours) this.segments(camera, contours, colours, 0.35);
    if (opened) this.segments(camera, lines.map((place) => [opened, place]), colours, 0.6);
    for (const place of lines) this.circle(camera.pixel(...place), 5, 1.5, colours.text);
    for (const place of found) this.circle(camera.pixel(...place), 9, 2.5, colours.found);
    if (query) this.cross(camera.pixel(...query), colours.found);
    if (hovered) this.circle(camera.pixel(...hovered), 8, 2, colours.text);
    this.strays(camera, strays, colours);
    if (lasso?.length > 1) this.path(lasso, colours);
  }

  circle([left, top], radius, width, colour) {
    const { context } = this;
    context.beginPath();
    context.arc(left, top, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke();
  }

  cross([left, top], colour) {
    const { context } = this;
    context.beginPath();
    for (const [right, down] of [[7, 7], [7, -7]]) {
      context.moveTo(left - right, top - down);
      context.lineTo(left + right, top + down);
    }
    context.lineWidth = 3;
    context.strokeStyle = colour;
    context.stroke();
  }

  segments(camera, segments, colours, opacity) {
    const { context } = this;
    context.beginPath();
    for (const [from, to] of segments) {
      context.moveTo(...camera.pixel(...from));
      context.lineTo(...camera.pixel(...to));
    }
    context.lineWidth = 1.25;
    context.strokeStyle = colours.text;
    context.globalAlpha = opacity;
    context.stroke();
    context.globalAlpha = 1;
  }

  // A mark at the edge for points outside the view, longer the more there are.
  strays(camera, places, colours) {
    const { context } = this, { width, height } = camera;
    if (camera.zoom > NEAR) return;
    const marks = new Map();
    for (const place of places) {
      const [left, top] = camera.pixel(...place);
      if (left >= 0 && left <= width && top >= 0 && top <= height) continue;
      const at = [clamp(left, 0, width), clamp(top, 0, height)].map((pixel) => STRAY * Math.round(pixel / STRAY));
      const mark = marks.get(`${at}`) ?? { at, count: 0 };
      mark.count++;
      marks.set(`${at}`, mark);
    }
    context.beginPath();
    for (const { at: [left, top], count } of marks.values()) {
      const long = Math.min(14, 5 + 3 * Math.log10(count));
      const [right, down] = [left <= 0 ? long : left >= width - STRAY ? -long : 0, top <= 0 ? long : top >= height - STRAY ? -long : 0];
      context.moveTo(left, top);
      context.lineTo(left + right, top + down);
    }
    context.lineWidth = 2.5;
    context.strokeStyle = colours.text;
    context.globalAlpha = 0.55;
    context.stroke();
    context.globalAlpha = 1;
  }

  path(corners, colours) {
    const { context } = this;
    context.beginPath();
    corners.forEach((corner, number) => (number ? context.lineTo(...corner) : context.moveTo(...corner)));
    context.closePath();
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeStyle = colours.text;
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 0.08;
    context.fillStyle = colours.text;
    context.fill();
    context.globalAlpha = 1;
  }

  // The names that have room, as { name, left, top, size }: coarse levels first, then large groups; one that
  // would touch another is left out.
  placed(camera, names, at, colours) {
    const taken = [], shown = [];
    for (const { name, places, level = 0 } of names) {
      if (level && camera.zoom < 1.6 ** level) continue;
      const [left, middle] = camera.pixel(...between(places, at));
      const top = middle - ABOVE, size = level ? NAME_FONT : NAME_FONT + 1;
      const half = this.width(name, size, colours) / 2 + 4;
      if (left < half || left > camera.width - half || top < 10 || top > camera.height - 10) continue;
      if (taken.some(([other, above, reach]) => Math.abs(left - other) < half + reach && Math.abs(top - above) < 18))
        continue;
      taken.push([left, top, half]);
      shown.push({ name, left, top, size });
    }
    return shown;
  }

  write(names, colours) {
    const { context } = this;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const { name, left, top, size } of names) {
      context.font = `600 ${size}px ${colours.font}`;
      context.lineWidth = 3.5;
      context.strokeStyle = colours.background;
      context.strokeText(name, left, top);
      context.fillStyle = colours.text;
      context.fillText(name, left, top);
    }
  }

  width(name, size, colours) {
    const known = `${size} ${colours.font} ${name}`;
    if (!this.widths.has(known)) {
      this.context.font = `600 ${size}px ${colours.font}`;
      this.widths.set(known, this.context.measureText(name).width);
    }
    return this.widths.get(known);
  }
}

// A place on its way from one map to the next, given its places on all maps.
function between(places, at) {
  const from = Math.floor(at), share = at - from;
  if (!share) return places[from];
  return places[from].map((value, axis) => value + share * (places[from + 1][axis] - value));
}

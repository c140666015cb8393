// What is drawn over the points: contours, lines to neighbours, rings around found rows, names, the lasso.

const NAME_FONT = 12;
const ABOVE = 13; // pixels from the middle of a group up to its name, which would hide a point there

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

  // Draw everything; returns the names that had room, for whoever asks what is shown.
  draw(camera, scene, colours, { lasso, hovered, opened, lines, contours }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (contours) this.segments(camera, contours, colours, 0.35);
    if (opened) this.segments(camera, lines.map((place) => [opened, place]), colours, 0.6);
    for (const place of lines) this.circle(camera.pixel(...place), 5, 1.5, colours.text);
    for (const [x, y] of scene.found) this.circle(camera.pixel(x, y), 9, 2.5, colours.found);
    if (hovered) this.circle(camera.pixel(...hovered), 8, 2, colours.text);
    const shown = this.names(camera, scene, colours);
    if (lasso && lasso.length > 1) this.path(lasso, colours);
    return shown;
  }

  circle([left, top], radius, width, colour) {
    const { context } = this;
    context.beginPath();
    context.arc(left, top, radius, 0, 2 * Math.PI);
    context.lineWidth = width;
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

  // Names at the middles of their groups, the largest first; one that would touch another is left out.
  names(camera, scene, colours) {
    const { context } = this;
    context.font = `600 ${NAME_FONT}px ${colours.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken = [], shown = [];
    for (const { name, x, y, entry } of scene.names) {
      if (scene.hidden.has(entry)) continue;
      const [left, middle] = camera.pixel(x, y);
      const top = middle - ABOVE;
      const half = this.width(name) / 2 + 4;
      if (left < half || left > camera.width - half || top < 10 || top > camera.height - 10) continue;
      if (taken.some(([other, above, reach]) => Math.abs(left - other) < half + reach && Math.abs(top - above) < 18))
        continue;
      taken.push([left, top, half]);
      context.lineWidth = 3.5;
      context.strokeStyle = colours.background;
      context.strokeText(name, left, top);
      context.fillStyle = colours.text;
      context.fillText(name, left, top);
      shown.push(name);
    }
    return shown;
  }

  width(name) {
    if (!this.widths.has(name)) this.widths.set(name, this.context.measureText(name).width);
    return this.widths.get(name);
  }
}

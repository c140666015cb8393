// Lines of equal density, by marching squares over a smoothed count of points.

const CELLS = 96;
const LEVELS = [0.08, 0.2, 0.4, 0.65]; // of the densest cell, after a square root that lifts sparse parts
const COUNTED = 200_000; // points, a fair sample: they are in a random order

// Segments as x, y of both ends by turns, in units of the map.
function contourLines(places) {
  const count = Math.min(COUNTED, places.length / 2);
  let counts = new Float32Array(CELLS * CELLS);
  for (let point = 0; point < count; point++) {
    const column = (places[2 * point] * CELLS) >> 16, row = (places[2 * point + 1] * CELLS) >> 16;
    counts[row * CELLS + column]++;
  }
  for (let round = 0; round < 2; round++) counts = blurred(counts);
  const most = counts.reduce((best, value) => Math.max(best, value), 0) || 1;
  const lines = [];
  for (const level of LEVELS) march(counts.map((value) => Math.sqrt(value / most) - level), lines);
  return lines;
}

function blurred(values) {
  const at = (row, column) => values[clamp(row, 0, CELLS - 1) * CELLS + clamp(column, 0, CELLS - 1)];
  return values.map((_, cell) => {
    const row = Math.floor(cell / CELLS), column = cell % CELLS;
    let sum = 0;
    for (let down = -1; down <= 1; down++)
      for (let right = -1; right <= 1; right++) sum += at(row + down, column + right);
    return sum / 9;
  });
}

// Where values cross zero between the middles of cells.
function march(values, lines) {
  const unit = 65536 / CELLS;
  for (let row = 0; row < CELLS - 1; row++)
    for (let column = 0; column < CELLS - 1; column++) {
      const corners = [[0, 0], [1, 0], [1, 1], [0, 1]].map(([right, up]) => [
        column + right,
        row + up,
        values[(row + up) * CELLS + column + right],
      ]);
      const crossings = [];
      for (let side = 0; side < 4; side++) {
        const [x0, y0, from] = corners[side], [x1, y1, to] = corners[(side + 1) % 4];
        if (from > 0 === to > 0) continue;
        const share = from / (from - to);
        crossings.push([(x0 + share * (x1 - x0) + 0.5) * unit, (y0 + share * (y1 - y0) + 0.5) * unit]);
      }
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) lines.push([crossings[pair], crossings[pair + 1]]);
    }
}

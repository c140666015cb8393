// Lines of equal density, by marching squares over a smoothed count of points.

const CELLS = 110;
const AROUND = 5000; // units around the map, where lines around its outer points end
const CELL = (65536 + 2 * AROUND) / CELLS;
const LEVELS = [0.08, 0.2, 0.4, 0.65]; // of the densest cell, after a square root that lifts sparse parts
const COUNTED = 200_000; // points, a fair sample: they are in a random order

// Segments as x, y of both ends by turns, in units of the map; of points that are not hidden.
function contourLines(places, states) {
  let counts = new Float32Array(CELLS * CELLS), count = 0;
  for (let point = 0; point < places.length / 2 && count < COUNTED; point++) {
    if (states?.[point] === HIDDEN) continue;
    count++;
    const [column, row] = [0, 1].map((axis) => Math.floor((places[2 * point + axis] + AROUND) / CELL));
    counts[row * CELLS + column]++;
  }
  // Few points are smoothed more: lines around each would say nothing.
  const rounds = Math.round(clamp(13 - 2.1 * Math.log10(Math.max(1, count)), 2, 9));
  for (let round = 0; round < rounds; round++) counts = blurred(counts);
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
  const unit = (cell) => (cell + 0.5) * CELL - AROUND;
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
        crossings.push([unit(x0 + share * (x1 - x0)), unit(y0 + share * (y1 - y0))]);
      }
      for (let pair = 0; pair + 1 < crossings.length; pair += 2) lines.push([crossings[pair], crossings[pair + 1]]);
    }
}

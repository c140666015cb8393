// The point nearest to a place, by a grid of cells that each list their points.

const SIDE = 512; // cells on each side

class Nearest {
  constructor(places) {
    this.places = places;
    const count = places.length / 2;
    this.starts = new Uint32Array(SIDE * SIDE + 1);
    this.order = new Uint32Array(count);
    for (let point = 0; point < count; point++) this.starts[this.cell(point) + 1]++;
    for (let cell = 0; cell < SIDE * SIDE; cell++) this.starts[cell + 1] += this.starts[cell];
    const next = this.starts.slice(0, -1);
    for (let point = 0; point < count; point++) this.order[next[this.cell(point)]++] = point;
  }

  cell(point) {
    return (this.places[2 * point + 1] >> 7) * SIDE + (this.places[2 * point] >> 7);
  }

  // The nearest point within a reach, both in units of the map, that is shown; -1 for none.
  find(x, y, reach, shown) {
    const column = (value) => clamp(Math.floor(value / 128), 0, SIDE - 1);
    let best = -1, least = reach * reach;
    for (let down = column(y - reach); down <= column(y + reach); down++) {
      const first = this.starts[down * SIDE + column(x - reach)];
      const last = this.starts[down * SIDE + column(x + reach) + 1];
      for (let at = first; at < last; at++) {
        const point = this.order[at];
        const square = (this.places[2 * point] - x) ** 2 + (this.places[2 * point + 1] - y) ** 2;
        if (square <= least && shown(point)) [best, least] = [point, square];
      }
    }
    return best;
  }

  // The point nearest to another one in a direction, up to 45 degrees aside of it, that is shown; -1 for none.
  // Points that coincide with it come first, one after the other.
  towards(from, [right, up], shown) {
    const { places } = this, x = places[2 * from], y = places[2 * from + 1];
    let best = -1, least = Infinity;
    for (let point = 0; point < places.length / 2; point++) {
      const across = places[2 * point] - x, high = places[2 * point + 1] - y;
      const along = across * right + high * up, aside = Math.abs(across * up) + Math.abs(high * right);
      const square = across ** 2 + high ** 2;
      const ahead = square ? along > 0 && aside <= along : point > from;
      if (ahead && square < least && shown(point)) [best, least] = [point, square];
    }
    return best;
  }
}

// Points outside of the first view on any map.

const MARKED = 3_000; // at the edge; a fair sample of them, as points are in a random order

class Strays {
  constructor(maps, [left, bottom, right, top]) {
    this.points = [];
    for (let point = 0; point < maps[0].length / 2; point++)
      for (const places of maps) {
        const x = places[2 * point], y = places[2 * point + 1];
        if (x >= left && x <= right && y >= bottom && y <= top) continue;
        this.points.push(point);
        break;
      }
  }

  // Those to mark at the edge.
  marked(shown) {
    return this.points.slice(0, MARKED).filter(shown);
  }

  // How many are out of sight in some panel.
  hiddenFrom(camera, placesOf, shown) {
    const { width, height } = camera;
    const outside = ([left, top]) => left < 0 || left > width || top < 0 || top > height;
    return this.points.filter((point) => shown(point) && placesOf(point).some((place) => outside(camera.pixel(...place)))).length;
  }
}

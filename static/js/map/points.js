// The points as GET /map tells them, in typed arrays, with what the map needs to find and to name them.
import { PointGrid } from "/static/js/map/grid.js";

const NAMED = 0.02; // the share of all points from which a genre is named on the map

export class Points {
  constructor({ ids, titles, genres, genre, x, y, waiting }, label) {
    Object.assign(this, { ids, titles, genres, waiting });
    this.size = ids.length;
    this.genre = Int16Array.from(genre);
    this.x = Float32Array.from(x);
    this.y = Float32Array.from(y);
    this.colour = new Int16Array(this.size);
    this.grid = new PointGrid(this.x, this.y);
    this.counts = new Map();
    for (const number of this.genre) this.counts.set(genres[number] ?? "", (this.counts.get(genres[number] ?? "") ?? 0) + 1);
    this.middles = this.named(label);
  }

  nameOf(point) {
    return this.genres[this.genre[point]] ?? "";
  }

  get bounds() {
    if (!this.size) return [-1, -1, 1, 1];
    const bounds = [Infinity, Infinity, -Infinity, -Infinity];
    for (let point = 0; point < this.size; point += 1) {
      bounds[0] = Math.min(bounds[0], this.x[point]);
      bounds[1] = Math.min(bounds[1], this.y[point]);
      bounds[2] = Math.max(bounds[2], this.x[point]);
      bounds[3] = Math.max(bounds[3], this.y[point]);
    }
    return bounds;
  }

  // Each genre where the median of its points is; the largest first, so that its name wins the room.
  named(label) {
    const found = [];
    this.genres.forEach((name, number) => {
      const [xs, ys] = [[], []];
      for (let point = 0; point < this.size; point += 1) {
        if (this.genre[point] !== number) continue;
        xs.push(this.x[point]);
        ys.push(this.y[point]);
      }
      if (xs.length < Math.max(2, NAMED * this.size)) return;
      found.push({ genre: name, name: label(name), size: xs.length, x: median(xs), y: median(ys) });
    });
    return found.sort((one, other) => other.size - one.size);
  }
}

function median(values) {
  return Float32Array.from(values).sort()[values.length >> 1];
}

// Points in the cells of a square grid, so that what lies near a place is found without looking at all of them.
const PER_CELL = 2;

export class PointGrid {
  constructor(x, y) {
    Object.assign(this, { x, y });
    this.side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(x.length / PER_CELL))));
    const cells = new Int32Array(x.length);
    this.starts = new Int32Array(this.side * this.side + 1);
    for (let point = 0; point < x.length; point += 1) {
      cells[point] = this.cell(y[point]) * this.side + this.cell(x[point]);
      this.starts[cells[point] + 1] += 1;
    }
    for (let cell = 1; cell < this.starts.length; cell += 1) this.starts[cell] += this.starts[cell - 1];
    const next = this.starts.slice();
    this.order = new Int32Array(x.length);
    for (let point = 0; point < x.length; point += 1) this.order[next[cells[point]]++] = point;
  }

  // Places are -1 to 1; what lies outside belongs to the cells at the edge.
  cell(place) {
    return Math.max(0, Math.min(this.side - 1, Math.floor(((place + 1) / 2) * this.side)));
  }

  // Calls see(point) for all points of a rectangle, until it answers false.
  within(left, low, right, high, see) {
    for (let row = this.cell(low); row <= this.cell(high); row += 1) {
      for (let column = this.cell(left); column <= this.cell(right); column += 1) {
        const cell = row * this.side + column;
        for (let place = this.starts[cell]; place < this.starts[cell + 1]; place += 1) {
          const point = this.order[place];
          const inside = this.x[point] >= left && this.x[point] <= right && this.y[point] >= low && this.y[point] <= high;
          if (inside && see(point) === false) return;
        }
      }
    }
  }

  // The nearest point that is allowed, no farther than reach; -1 when there is none.
  nearest(x, y, reach, allowed) {
    let best = -1;
    let least = reach * reach;
    this.within(x - reach, y - reach, x + reach, y + reach, (point) => {
      const far = (this.x[point] - x) ** 2 + (this.y[point] - y) ** 2;
      if (far <= least && allowed(point)) [best, least] = [point, far];
    });
    return best;
  }

  // The points inside a closed line of [x, y] corners.
  inside(line, allowed) {
    const [xs, ys] = [line.map(([x]) => x), line.map(([, y]) => y)];
    const found = [];
    this.within(Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys), (point) => {
      if (allowed(point) && encloses(line, this.x[point], this.y[point])) found.push(point);
    });
    return found;
  }

  // The nearest point in a direction: what lies aside of it counts as farther.
  towards(from, dx, dy, allowed) {
    let best = -1;
    let least = Infinity;
    for (let point = 0; point < this.x.length; point += 1) {
      const along = (this.x[point] - this.x[from]) * dx + (this.y[point] - this.y[from]) * dy;
      const aside = Math.abs((this.x[point] - this.x[from]) * dy - (this.y[point] - this.y[from]) * dx);
      if (along <= 0 || aside > along * 1.5 || point === from) continue;
      const far = along + 2 * aside;
      if (far < least && allowed(point)) [best, least] = [point, far];
    }
    return best;
  }
}

function encloses(line, x, y) {
  let inside = false;
  for (let one = 0, other = line.length - 1; one < line.length; other = one++) {
    const [ax, ay] = line[one];
    const [bx, by] = line[other];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

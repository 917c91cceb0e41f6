// Which piece of the map is seen: places (-1 to 1, up is up) to pixels of the screen and back.
const MARGIN = 36; // pixels around all points
const CLOSEST = 250; // times the view of everything
const FARTHEST = 0.6;

export class MapView {
  constructor() {
    Object.assign(this, { width: 1, height: 1, scale: 1, whole: 1, left: 0, top: 0 });
    this.bounds = [-1, -1, 1, 1];
  }

  resize(width, height) {
    const first = this.width === 1;
    const zoomed = this.zoom;
    const [x, y] = this.place(this.width / 2, this.height / 2);
    Object.assign(this, { width, height });
    if (first || Math.abs(zoomed - 1) < 1e-6) return this.all();
    this.measure();
    this.scale = this.whole * zoomed;
    this.left = width / 2 - x * this.scale;
    this.top = height / 2 + y * this.scale;
    return undefined;
  }

  get zoom() {
    return this.scale / this.whole;
  }

  measure() {
    const [left, low, right, high] = this.bounds;
    const wide = (this.width - 2 * MARGIN) / Math.max(1e-3, right - left);
    const tall = (this.height - 2 * MARGIN) / Math.max(1e-3, high - low);
    this.whole = Math.max(1, Math.min(wide, tall));
  }

  // Everything is seen.
  all() {
    this.measure();
    const [left, low, right, high] = this.bounds;
    this.scale = this.whole;
    this.left = this.width / 2 - ((left + right) / 2) * this.scale;
    this.top = this.height / 2 + ((low + high) / 2) * this.scale;
  }

  pixel(x, y) {
    return [this.left + x * this.scale, this.top - y * this.scale];
  }

  place(left, top) {
    return [(left - this.left) / this.scale, (this.top - top) / this.scale];
  }

  pan(dx, dy) {
    this.left += dx;
    this.top += dy;
    this.keep();
  }

  zoomAt(left, top, factor) {
    const scale = Math.max(this.whole * FARTHEST, Math.min(this.whole * CLOSEST, this.scale * factor));
    const real = scale / this.scale;
    this.left = left - (left - this.left) * real;
    this.top = top - (top - this.top) * real;
    this.scale = scale;
    this.keep();
  }

  // A point that would be out of sight comes in.
  reveal(x, y) {
    const [left, top] = this.pixel(x, y);
    const inX = Math.max(MARGIN, Math.min(this.width - MARGIN, left));
    const inY = Math.max(MARGIN, Math.min(this.height - MARGIN, top));
    this.pan(inX - left, inY - top);
  }

  // The map can be pushed no farther than until its edge is in the middle.
  keep() {
    const [left, low, right, high] = this.bounds;
    const [x, y] = this.place(this.width / 2, this.height / 2);
    this.left += (x - Math.max(left, Math.min(right, x))) * this.scale;
    this.top -= (y - Math.max(low, Math.min(high, y))) * this.scale;
  }
}

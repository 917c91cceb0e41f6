// What is drawn above the points: names of genres from afar, titles from close by, the point that is looked at, the loop.
import { colour } from "/static/js/canvas.js";

const AFAR = 2.2; // zoom up to which genres are named
const MOST_TITLES = 40;
const PLACES = [0, -26, 26, -52, 52].flatMap((dy) => [0, -40, 40, -80, 80].map((dx) => [dx, dy]));
const LONGEST = 28; // letters of a title on the map

export class Marks {
  constructor(host, canvas) {
    this.host = host;
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
  }

  paint(data, view, { radius, at, loop, allowed }) {
    const { context } = this;
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, view.width, view.height);
    this.taken = [];
    this.ink = colour(this.host, "--ink");
    this.paper = colour(this.host, "--sheet");
    this.hot = colour(this.host, "--hot");
    if (view.zoom < AFAR) this.genres(data, view);
    this.titles(data, view, radius, allowed);
    if (at >= 0) this.ring(...view.pixel(data.x[at], data.y[at]), radius);
    if (loop?.length > 1) this.loop(loop);
  }

  genres(data, view) {
    this.context.font = `750 17px ${colour(this.host, "--display")}`;
    this.context.textAlign = "center";
    for (const { name, x, y } of data.middles) {
      const wide = this.context.measureText(name).width;
      const [left, top] = view.pixel(x, y);
      const [dx, dy] = this.free(data, view, left, top, wide);
      this.word(name, left + dx, top + dy, 17);
    }
  }

  // Where a name near its place covers the fewest points.
  free(data, view, x, y, wide) {
    let best = PLACES[0];
    let least = Infinity;
    for (const [dx, dy] of PLACES) {
      const [left, high] = view.place(x + dx - wide / 2, y + dy - 14);
      const [right, low] = view.place(x + dx + wide / 2, y + dy + 14);
      let count = 0;
      data.grid.within(left, low, right, high, () => (count += 1) < MOST_TITLES);
      if (count < least) [best, least] = [[dx, dy], count];
      if (!count) break;
    }
    return best;
  }

  // Titles stand beside their points as soon as few enough are in sight.
  titles(data, view, radius, allowed) {
    const [left, high] = view.place(0, 0);
    const [right, low] = view.place(view.width, view.height);
    const seen = [];
    data.grid.within(left, low, right, high, (point) => {
      if (allowed(point)) seen.push(point);
      return seen.length <= MOST_TITLES;
    });
    if (seen.length > MOST_TITLES || view.zoom < AFAR) return;
    this.context.font = `500 12px ${colour(this.host, "--text")}`;
    this.context.textAlign = "left";
    for (const point of seen) {
      const [x, y] = view.pixel(data.x[point], data.y[point]);
      const title = data.titles[point];
      this.word(title.length > LONGEST ? `${title.slice(0, LONGEST)}…` : title, x + radius + 5, y, 12);
    }
  }

  // A word on a rim of paper, unless another stands there.
  word(text, x, y, size) {
    const { context } = this;
    const wide = context.measureText(text).width;
    const left = context.textAlign === "center" ? x - wide / 2 : x;
    const free = this.taken.every(([l, t, w, h]) => left > l + w || left + wide < l || y > t + h || y + size < t);
    if (!free) return;
    this.taken.push([left, y, wide, size]);
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 4;
    context.globalAlpha = 0.85;
    context.strokeStyle = this.paper;
    context.strokeText(text, x, y);
    context.globalAlpha = 1;
    context.fillStyle = this.ink;
    context.fillText(text, x, y);
  }

  ring(x, y, radius) {
    const { context } = this;
    for (const [wide, style] of [[6, this.paper], [3, this.hot]]) {
      context.beginPath();
      context.arc(x, y, radius + 4, 0, 2 * Math.PI);
      context.lineWidth = wide;
      context.strokeStyle = style;
      context.stroke();
    }
  }

  loop(line) {
    const { context } = this;
    context.beginPath();
    line.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.closePath();
    context.fillStyle = this.hot;
    context.globalAlpha = 0.12;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = 2;
    context.setLineDash([6, 4]);
    context.strokeStyle = this.hot;
    context.stroke();
    context.setLineDash([]);
  }
}

// Paints many points fast, without a graphics card: dots are stamped into the pixels of a picture. The rim of a dot is mixed
// with the paper beforehand and goes only onto paper, so that dots are round and nothing is blended while painting.
const PAD = 40; // pixels around the picture, so that no stamp has to be cut
const LEVELS = 4; // shades of a rim

export class PointPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { alpha: false });
    this.stamps = new Map();
  }

  resize(width, height, ratio) {
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.wide = this.canvas.width + 2 * PAD;
    this.tall = this.canvas.height + 2 * PAD;
    this.picture = new ImageData(this.wide, this.tall);
    this.pixels = new Uint32Array(this.picture.data.buffer);
    this.stamps.clear();
  }

  // Colours as [red, green, blue]; points name them by number.
  colours(list, paper) {
    this.paper = packed(paper);
    this.inks = Uint32Array.from(list, packed);
    this.rims = new Uint32Array(list.length * LEVELS);
    list.forEach((colour, number) => {
      for (let level = 0; level < LEVELS; level += 1) {
        const share = (level + 0.5) / LEVELS;
        this.rims[number * LEVELS + level] = packed(colour.map((value, part) => value * share + paper[part] * (1 - share)));
      }
    });
  }

  // A dot as offsets from its middle: those that are full, and those of the rim with their shades.
  stamp(radius) {
    const size = Math.min(PAD - 2, Math.max(0.8, Math.round(radius * this.ratio * 4) / 4));
    if (!this.stamps.has(size)) {
      const [full, rim, shades] = [[], [], []];
      const reach = Math.ceil(size);
      for (let y = -reach; y <= reach; y += 1) {
        for (let x = -reach; x <= reach; x += 1) {
          const cover = size + 0.5 - Math.hypot(x, y);
          const offset = y * this.wide + x;
          if (cover >= 1) full.push(offset);
          else if (cover > 0.12) {
            rim.push(offset);
            shades.push(Math.min(LEVELS - 1, Math.floor(cover * LEVELS)));
          }
        }
      }
      this.stamps.set(size, { full: Int32Array.from(full), rim: Int32Array.from(rim), shades: Uint8Array.from(shades) });
    }
    return this.stamps.get(size);
  }

  // `colour` has the number of each point's colour; points with a negative one are not painted. Those at the front come last.
  paint({ x, y, colour }, view, radius, front = []) {
    this.pixels.fill(this.paper);
    const stamp = this.stamp(radius);
    const scale = view.scale * this.ratio;
    const left = view.left * this.ratio + PAD;
    const top = view.top * this.ratio + PAD;
    for (let point = 0; point < x.length; point += 1) {
      if (colour[point] >= 0) this.dot(left + x[point] * scale, top - y[point] * scale, colour[point], stamp);
    }
    for (const [point, number] of front) this.dot(left + x[point] * scale, top - y[point] * scale, number, stamp);
    this.context.putImageData(this.picture, -PAD, -PAD);
  }

  dot(atX, atY, number, { full, rim, shades }) {
    const { pixels, wide, paper, rims } = this;
    if (!(atX > PAD / 2 && atY > PAD / 2 && atX < wide - PAD / 2 && atY < this.tall - PAD / 2)) return;
    const middle = Math.round(atY) * wide + Math.round(atX);
    const ink = this.inks[number];
    for (let place = 0; place < full.length; place += 1) pixels[middle + full[place]] = ink;
    for (let place = 0; place < rim.length; place += 1) {
      const pixel = middle + rim[place];
      if (pixels[pixel] === paper) pixels[pixel] = rims[number * LEVELS + shades[place]];
    }
  }
}

function packed([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}

// Which stretch of time and which pitches the roll shows, and where they lie in pixels.
export const GUTTER = 40; // pixels for the names of the notes
export const HEAD = 20; // pixels for sections
export const FLOOR = 30; // pixels for the level
const CLOSEST = 1.5; // seconds on the screen
const SECOND = 58; // pixels at first; where the whole take has more room, it is shown whole
const FEWEST = 12; // semitones
const MARGIN = 2; // semitones above and below the notes

export class Axes {
  start = 0;
  span = null;
  low = 54;
  high = 66;

  constructor(seconds) {
    this.seconds = Math.max(seconds, 0.5);
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.span ??= Math.min(this.seconds, Math.max(CLOSEST, this.room / SECOND));
  }

  get room() {
    return this.width - GUTTER;
  }

  // Height of a semitone.
  get tall() {
    return (this.height - HEAD - FLOOR) / (this.high - this.low + 1);
  }

  x(time) {
    return GUTTER + ((time - this.start) / this.span) * this.room;
  }

  // The middle of a pitch's row.
  y(midi) {
    return HEAD + (this.high - midi + 0.5) * this.tall;
  }

  time(x) {
    return this.start + ((x - GUTTER) / this.room) * this.span;
  }

  pitch(y) {
    return Math.round(this.high + 0.5 - (y - HEAD) / this.tall);
  }

  // All these pitches are seen.
  fit(pitches) {
    const low = pitches.reduce((least, midi) => Math.min(least, midi), Infinity);
    const high = pitches.reduce((most, midi) => Math.max(most, midi), -Infinity);
    if (low > high) return;
    const rest = Math.max(0, FEWEST - 1 - (high - low + 2 * MARGIN));
    this.low = low - MARGIN - Math.floor(rest / 2);
    this.high = high + MARGIN + Math.ceil(rest / 2);
  }

  // Shows more or less, with one second staying where it is.
  zoom(factor, middle) {
    const before = this.span;
    this.span = Math.min(this.seconds, Math.max(Math.min(CLOSEST, this.seconds), before * factor));
    this.move(middle - ((middle - this.start) * this.span) / before);
  }

  move(start) {
    this.start = Math.max(0, Math.min(this.seconds - this.span, start));
  }

  get whole() {
    return this.span >= this.seconds;
  }

  // A stretch that would be out of sight comes in.
  reveal(from, to) {
    const edge = this.span * 0.06;
    if (from < this.start) this.move(from - edge);
    else if (to > this.start + this.span) this.move(Math.min(from - edge, to + edge - this.span));
  }
}

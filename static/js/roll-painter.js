// Draws a stretch of a score: sections and chords on top, pitches in the middle, drums below.
import { colour } from "/static/js/canvas.js";

const SECTIONS = 17; // pixels high
const CHORDS = 18;
const DRUMS = 46;
const DRUM_ROWS = 7; // kick at the bottom, cymbals on top
const MARGIN = 2; // semitones above and below
const BLACK = new Set([1, 3, 6, 8, 10]);
const GAP = 5; // pixels between two names
const FAINT = 0.13; // of a part that is not heard
const NARROWEST_BAR = 9; // pixels; below, bar lines would be a grey wall

// Kick, snare, toms, hi-hats, rides, crashes, hand percussion.
function drumRow(pitch) {
  if (pitch <= 36) return 0;
  if (pitch <= 40 && pitch !== 39) return 1;
  if ([41, 43, 45, 47, 48, 50].includes(pitch)) return 2;
  if ([42, 44, 46].includes(pitch)) return 3;
  if ([51, 53, 59].includes(pitch)) return 4;
  if ([49, 52, 55, 57].includes(pitch)) return 5;
  return 6;
}

export class RollPainter {
  constructor(host, score, beats, bar) {
    this.host = host;
    this.score = score;
    this.beats = beats;
    this.bar = bar;
    const pitches = score.parts.filter((part) => part.role !== "drums").flatMap((part) => part.notes.map((n) => n[2]));
    this.low = pitches.reduce((a, b) => Math.min(a, b), 60) - MARGIN;
    this.high = pitches.reduce((a, b) => Math.max(a, b), 72) + MARGIN;
    this.pitched = pitches.length > 0;
    this.drums = score.parts.some((part) => part.role === "drums");
  }

  paint(context, width, height, view) {
    this.top = SECTIONS + CHORDS;
    this.floor = height - (this.drums ? (this.pitched ? DRUMS : height - this.top) : 0);
    const x = (beat) => ((beat - view.start) / view.span) * width;
    this.paper(context, x, width, height, view);
    if (view.marked) this.band(context, x, height, view.marked);
    this.score.parts.forEach((part, index) => {
      context.fillStyle = colour(this.host, `--part-${index % 10}`);
      const heard = view.silent.has(index) ? FAINT : 1;
      const draw = part.role === "drums" ? this.stroke : this.note;
      for (const note of part.notes) {
        if (note[0] > view.start + view.span || note[0] + note[1] < view.start) continue;
        context.globalAlpha = heard * (0.45 + (0.55 * note[3]) / 127);
        draw.call(this, context, x, note, height);
      }
    });
    context.globalAlpha = 1;
    this.heads(context, x, width, view);
    context.fillStyle = colour(this.host, "--hot");
    context.fillRect(x(view.now) - 1, 0, 2, height);
  }

  note(context, x, [onset, duration, pitch]) {
    const tall = (this.floor - this.top) / (this.high - this.low);
    const y = this.floor - (pitch - this.low + 1) * tall;
    context.fillRect(x(onset), y, Math.max(1.5, x(onset + duration) - x(onset) - 0.7), Math.max(2, tall - 0.5));
  }

  stroke(context, x, [onset, , pitch], height) {
    const tall = (height - this.floor - 6) / DRUM_ROWS;
    const y = height - 3 - (drumRow(pitch) + 1) * tall;
    const wide = Math.min(6, Math.max(2, (x(0.25) - x(0)) * 0.6));
    context.fillRect(x(onset), y + 0.5, wide, Math.max(2, tall - 1));
  }

  // Black keys, bar lines, and the line above the drums.
  paper(context, x, width, height, view) {
    const tall = (this.floor - this.top) / (this.high - this.low);
    context.fillStyle = colour(this.host, "--line");
    context.globalAlpha = 0.28;
    for (let pitch = this.low; pitch < this.high && this.pitched; pitch += 1) {
      if (BLACK.has(pitch % 12)) context.fillRect(0, this.floor - (pitch - this.low + 1) * tall, width, tall);
    }
    context.globalAlpha = 0.8;
    if (x(this.bar) - x(0) >= NARROWEST_BAR) {
      const first = Math.floor(view.start / this.bar);
      for (let bar = first; bar * this.bar <= view.start + view.span; bar += 1) {
        context.fillRect(x(bar * this.bar), SECTIONS, 1, height - SECTIONS);
      }
    }
    context.globalAlpha = 1;
    if (this.drums) context.fillRect(0, this.floor, width, 1);
    context.fillRect(0, this.top - 1, width, 1);
  }

  band(context, x, height, [first, last]) {
    const from = x((first - 1) * this.bar);
    const to = x(last * this.bar);
    context.fillStyle = colour(this.host, "--hot");
    context.globalAlpha = 0.2;
    context.fillRect(from, SECTIONS, to - from, height - SECTIONS);
    context.globalAlpha = 1;
    for (const edge of [from, to - 2]) context.fillRect(edge, SECTIONS, 2, height - SECTIONS);
  }

  heads(context, x, width, view) {
    context.textBaseline = "middle";
    context.font = `650 11px ${colour(this.host, "--text")}`;
    for (const { name, start, duration } of this.score.sections) {
      const from = Math.max(0, x(start));
      const to = Math.min(width, x(start + duration));
      if (to <= 0 || from >= width) continue;
      context.fillStyle = colour(this.host, "--line");
      context.fillRect(from + (x(start) >= 0 ? 1 : 0), 0, to - from - 1, SECTIONS - 2);
      context.fillStyle = colour(this.host, "--ink");
      this.fitted(context, name.charAt(0).toUpperCase() + name.slice(1), from + GAP, SECTIONS / 2 - 0.5, to - from - 2 * GAP);
    }
    context.font = `500 11px ${colour(this.host, "--mono")}`;
    context.fillStyle = colour(this.host, "--ink-soft");
    const shown = this.score.chords;
    let free = -Infinity;
    let before = null;
    shown.forEach(({ start, symbol }, index) => {
      const next = shown[index + 1]?.start ?? this.beats;
      // The chord that sounds at the left edge keeps its name there.
      const at = Math.max(0, x(start));
      const again = symbol === before && x(start) > 0;
      before = symbol;
      if (x(next) <= 0 || at >= width || at < free || again) return;
      const wide = context.measureText(symbol).width;
      if ((x(start) < 0 && at + wide + GAP > x(next)) || at + wide + GAP > width) return;
      context.fillText(symbol, at + 3, SECTIONS + CHORDS / 2);
      free = at + wide + GAP + 3;
    });
  }

  fitted(context, text, at, y, room) {
    let words = text;
    while (words && context.measureText(words).width > room) words = words.slice(0, -1);
    if (words.length > 1 || words === text) context.fillText(words, at, y);
  }
}

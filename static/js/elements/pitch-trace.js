// <pitch-trace>: draws the pitch of a voice over lines with the names of the notes while it is sung, with the level below.
// The note that sounds stands above in words.
import { colour, sharpCanvas } from "/static/js/canvas.js";
import { isBlack, noteName } from "/static/js/hum/names.js";

const SHOWN = 8; // seconds on the paper
const USUAL = [48, 72]; // MIDI, the range at first
const MARGIN = 2; // semitones above and below what was sung
const JUMP = 1.5; // semitones between two readings over which no line is drawn
const PAUSE = 0.05; // seconds, likewise
const GUTTER = 34; // pixels for the names
const HEAD = 4; // pixels free above
const FLOOR = 34; // pixels for the level
const FAINTEST = -54; // dB
const NAMES = 11; // pixels that a row with a name needs

customElements.define("pitch-trace", class extends HTMLElement {
  readings = [];

  connectedCallback() {
    if (this.view) return;
    this.note = document.createElement("p");
    this.note.className = "trace-note";
    this.paper = document.createElement("div");
    this.paper.className = "trace-paper";
    this.paper.setAttribute("role", "img");
    this.paper.setAttribute("aria-label", "The pitch of the voice, live");
    this.append(this.note, this.paper);
    this.clear();
    this.view = sharpCanvas(this.paper, (...args) => this.paint(...args));
  }

  disconnectedCallback() {
    this.view?.stop();
    this.view = null;
    this.replaceChildren();
  }

  clear(origin = 0) {
    this.origin = origin;
    this.readings = [];
    [this.low, this.high] = USUAL;
    this.say(null);
    this.view?.redraw();
  }

  // Readings of the detector, their times on the clock that ``origin`` is from.
  add(readings) {
    for (const reading of readings) {
      this.readings.push({ ...reading, time: reading.time - this.origin });
      if (reading.midi === null) continue;
      this.low = Math.min(this.low, Math.floor(reading.midi) - MARGIN);
      this.high = Math.max(this.high, Math.ceil(reading.midi) + MARGIN);
    }
    this.say(readings.at(-1)?.midi ?? null);
    this.view.redraw();
  }

  // A sung note has a name and lies some cents above or below it.
  say(midi) {
    if (midi === null) return this.note.replaceChildren("–");
    const cents = Math.round(100 * (midi - Math.round(midi)));
    const off = Object.assign(document.createElement("small"), { textContent: `${cents > 0 ? "+" : cents < 0 ? "−" : "±"}${Math.abs(cents)} cents` });
    return this.note.replaceChildren(noteName(Math.round(midi)), " ", off);
  }

  paint(context, width, height) {
    const now = Math.max(SHOWN, this.readings.at(-1)?.time ?? 0);
    const x = (time) => GUTTER + ((time - now + SHOWN) / SHOWN) * (width - GUTTER);
    const tall = (height - FLOOR - HEAD) / (this.high - this.low + 1);
    const y = (midi) => HEAD + (this.high - midi + 0.5) * tall;
    this.lines(context, width, y, tall);
    const shown = this.readings.filter((reading) => reading.time > now - SHOWN);
    context.save();
    context.beginPath();
    context.rect(GUTTER, 0, width - GUTTER, height);
    context.clip();
    this.levels(context, x, height, shown);
    this.curve(context, x, y, shown);
    context.restore();
  }

  lines(context, width, y, tall) {
    context.font = `500 11px ${colour(this, "--mono")}`;
    context.textBaseline = "middle";
    for (let midi = this.low; midi <= this.high; midi += 1) {
      context.fillStyle = colour(this, "--line");
      context.globalAlpha = midi % 12 ? 0.35 : 1;
      if (!isBlack(midi)) context.fillRect(GUTTER, y(midi), width - GUTTER, 1);
      context.globalAlpha = 1;
      context.fillStyle = colour(this, "--ink-soft");
      const named = tall >= NAMES ? !isBlack(midi) : [0, 7].includes(midi % 12);
      if (named) context.fillText(noteName(midi), 4, y(midi));
    }
  }

  levels(context, x, height, shown) {
    context.fillStyle = colour(this, "--cool");
    context.globalAlpha = 0.5;
    for (const { time, level } of shown) {
      const share = Math.max(0, 1 - (20 * Math.log10(level + 1e-9)) / FAINTEST);
      context.fillRect(x(time) - 1, height - share * (FLOOR - 6), 2.2, share * (FLOOR - 6));
    }
    context.globalAlpha = 1;
  }

  curve(context, x, y, shown) {
    context.strokeStyle = colour(this, "--hot");
    context.lineWidth = 2.5;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    let before = null;
    for (const reading of shown.filter((one) => one.midi !== null)) {
      const joined = before && reading.time - before.time < PAUSE && Math.abs(reading.midi - before.midi) < JUMP;
      if (joined) context.lineTo(x(reading.time), y(reading.midi));
      else context.moveTo(x(reading.time) - 0.5, y(reading.midi));
      before = reading;
    }
    context.stroke();
  }
});

// <piano-roll src>: the score's parts in colour over time, with sections and chords, and a playhead.
import { colour, sharpCanvas } from "/static/js/canvas.js";

const COLOURS = ["#e4572e", "#17a2a2", "#e0a526", "#7a6ff0", "#5ba05b", "#d4689a", "#4b8fd6", "#a9773f"];
const HEADER = 16;
const DRUM_HEIGHT = 34;
const DRUM_LOW = 35;
const DRUM_SPAN = 24;
const MARGIN = 2;

customElements.define("piano-roll", class extends HTMLElement {
  async connectedCallback() {
    this.position = 0;
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", "Piano roll of the score");
    const response = await fetch(this.getAttribute("src"));
    if (!response.ok) return;
    this.score = await response.json();
    this.beats = (this.score.length * this.score.tempo) / 60;
    this.names();
    this.view = sharpCanvas(this, (...args) => this.paint(...args));
  }

  disconnectedCallback() {
    this.view?.stop();
  }

  show(position) {
    this.position = position;
    this.view?.redraw();
  }

  names() {
    const list = document.createElement("div");
    list.className = "parts";
    this.score.parts.forEach((part, index) => {
      const name = document.createElement("span");
      const swatch = document.createElement("i");
      swatch.style.setProperty("--part", COLOURS[index % COLOURS.length]);
      name.append(swatch, part.name);
      list.append(name);
    });
    this.after(list);
  }

  paint(context, width, height) {
    const melodic = this.score.parts.filter((part) => part.role !== "drums").flatMap((part) => part.notes);
    const pitches = melodic.map((note) => note[2]);
    const low = Math.min(...pitches, 60) - MARGIN;
    const span = Math.max(...pitches, 72) + MARGIN - low;
    const drums = this.score.parts.some((part) => part.role === "drums") ? DRUM_HEIGHT : 0;
    const x = (beat) => (beat / this.beats) * width;
    const room = height - HEADER - drums;
    this.lines(context, x, height);
    this.score.parts.forEach((part, index) => {
      context.fillStyle = COLOURS[index % COLOURS.length];
      for (const [onset, duration, pitch, velocity] of part.notes) {
        context.globalAlpha = 0.35 + (0.65 * velocity) / 127;
        if (part.role === "drums") {
          const y = height - ((pitch - DRUM_LOW + 1) / DRUM_SPAN) * drums;
          context.fillRect(x(onset), Math.max(height - drums, y), 2, 2.5);
        } else {
          const y = HEADER + room * (1 - (pitch - low) / span);
          context.fillRect(x(onset), y, Math.max(1.5, x(duration) - 0.7), Math.max(2, room / span - 0.5));
        }
      }
    });
    context.globalAlpha = 1;
    context.fillStyle = colour(this, "--hot");
    context.fillRect(this.position * width - 1, 0, 2, height);
  }

  lines(context, x, height) {
    context.font = `500 11px ${colour(this, "--mono")}`;
    for (const section of this.score.sections) {
      context.fillStyle = colour(this, "--line");
      context.fillRect(x(section.start), 0, 1, height);
      const room = x(section.duration) - 6;
      if (context.measureText(section.name).width > room) continue;
      context.fillStyle = colour(this, "--ink-soft");
      context.fillText(section.name, x(section.start) + 4, 12);
    }
  }
});

// <wave-form src>: the outline of a sound; a click, drag or arrow key asks for a new position ("seek", 0-1).
import { colour, sharpCanvas } from "/static/js/canvas.js";

const BAR = 3;
const GAP = 1;

customElements.define("wave-form", class extends HTMLElement {
  async connectedCallback() {
    this.setAttribute("role", "slider");
    this.setAttribute("aria-label", "Position in the track");
    this.setAttribute("aria-valuemin", 0);
    this.setAttribute("aria-valuemax", 100);
    this.tabIndex = 0;
    this.position = 0;
    this.addEventListener("pointerdown", (event) => {
      this.setPointerCapture(event.pointerId);
      this.ask(event);
    });
    this.addEventListener("pointermove", (event) => event.buttons && this.ask(event));
    this.addEventListener("keydown", (event) => this.key(event));
    this.view = sharpCanvas(this, (...args) => this.paint(...args));
    const response = await fetch(this.getAttribute("src"));
    if (!response.ok) return;
    this.peaks = (await response.json()).peaks;
    this.view.redraw();
  }

  disconnectedCallback() {
    this.view?.stop();
  }

  show(position) {
    this.position = position;
    this.setAttribute("aria-valuenow", Math.round(100 * position));
    this.view?.redraw();
  }

  ask(event) {
    const box = this.getBoundingClientRect();
    this.seek((event.clientX - box.left) / box.width);
  }

  key(event) {
    const step = { ArrowLeft: -0.02, ArrowRight: 0.02, Home: -1, End: 1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.seek(this.position + step);
  }

  seek(position) {
    const detail = Math.min(1, Math.max(0, position));
    this.dispatchEvent(new CustomEvent("seek", { detail }));
  }

  paint(context, width, height) {
    if (!this.peaks) return;
    const bars = Math.floor(width / (BAR + GAP));
    const loudest = Math.max(0.05, ...this.peaks.flat().map(Math.abs));
    for (let bar = 0; bar < bars; bar += 1) {
      const from = Math.floor((bar * this.peaks.length) / bars);
      const to = Math.max(from + 1, Math.floor(((bar + 1) * this.peaks.length) / bars));
      const high = Math.max(...this.peaks.slice(from, to).map(([low, top]) => Math.max(-low, top)));
      const tall = Math.max(2, (high / loudest) * height);
      context.fillStyle = colour(this, bar / bars < this.position ? "--hot" : "--ink-soft");
      context.fillRect(bar * (BAR + GAP), (height - tall) / 2, BAR, tall);
    }
  }
});

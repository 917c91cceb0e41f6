// <piano-roll src>: the parts of a score in colour over time, under its sections and chords. A click asks for a new
// position ("seek", 0-1), a drag or a sideways wheel moves the paper, and while it plays the paper follows. While bars
// are marked, a drag marks others ("bars-marked", [first, last]); "roll-ready" tells that the score is here.
import { RollPainter } from "/static/js/roll-painter.js";
import { sharpCanvas } from "/static/js/canvas.js";

const ZOOM = 1.6;
const CLOSEST = 4; // beats on the screen
const BAR_PIXELS = 38; // a bar at first; where the whole piece has more room, it is shown whole
const DRAG = 4; // pixels a pointer moves before it is a drag
const LEAD = 0.28; // of the width, where the playhead is held while the paper moves

customElements.define("piano-roll", class extends HTMLElement {
  hushed = new Set();
  position = 0;
  start = 0;
  withLegend = true;

  async connectedCallback() {
    if (this.view) return;
    this.setAttribute("role", "img");
    this.setAttribute("aria-label", "Piano roll of the score");
    const response = await fetch(this.getAttribute("src"));
    if (!response.ok || !this.isConnected) return;
    this.score = await response.json();
    this.beats = (this.score.length * this.score.tempo) / 60;
    this.bar = (this.score.metre[0] * 4) / this.score.metre[1];
    const names = this.score.parts.map((part) => part.name).join(", ");
    this.setAttribute("aria-label", `Piano roll of ${names || "an empty score"}`);
    this.painter = new RollPainter(this, this.score, this.beats, this.bar);
    this.tools();
    this.view = sharpCanvas(this, (...args) => this.paint(...args));
    this.addEventListener("pointerdown", (event) => this.press(event));
    this.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.dispatchEvent(new CustomEvent("roll-ready", { bubbles: true }));
  }

  disconnectedCallback() {
    this.view?.stop();
    this.footer?.remove();
  }

  show(position, playing) {
    this.position = position;
    if (playing && !this.dragging) this.follow();
    this.view?.redraw();
  }

  // Parts that are not heard, by their place in the score.
  set silent(parts) {
    this.hushed = parts;
    this.view?.redraw();
  }

  // The names of the parts below the roll; a mixer that names them itself needs none.
  set legend(wanted) {
    this.withLegend = wanted;
    if (this.list) this.list.hidden = !wanted;
  }

  // Marks bars, counted from 1, of ``count`` that may be; null marks none.
  mark(bars, count) {
    if (!this.view) return;
    const [first, last] = bars ?? [];
    this.marked = bars && first >= 1 && last >= first ? [first, last] : null;
    this.markable = bars ? count : 0;
    this.classList.toggle("marking", Boolean(bars));
    const from = (first - 1) * this.bar;
    if (this.marked && (from < this.start || from > this.start + this.span)) this.move(from - this.span * LEAD);
    this.view.redraw();
  }

  tools() {
    this.footer = document.createElement("div");
    this.footer.className = "roll-footer";
    this.list = document.createElement("div");
    this.list.className = "parts";
    this.list.hidden = !this.withLegend;
    this.score.parts.forEach((part, index) => this.list.append(this.name(part, index)));
    const zoom = document.createElement("div");
    zoom.className = "roll-zoom";
    zoom.append(
      this.tool("−", "Show more of the piece", () => this.zoom(ZOOM)),
      this.tool("+", "Show it larger", () => this.zoom(1 / ZOOM)),
    );
    this.footer.append(this.list, zoom);
    this.after(this.footer);
  }

  name(part, index) {
    const button = this.tool("", `Show ${part.name}`, () => {
      const shown = this.hushed.has(index);
      this.hushed = new Set(this.hushed);
      if (shown) this.hushed.delete(index);
      else this.hushed.add(index);
      button.setAttribute("aria-pressed", shown);
      this.view.redraw();
    });
    const swatch = document.createElement("i");
    swatch.style.setProperty("--part", `var(--part-${index % 10})`);
    button.setAttribute("aria-pressed", true);
    button.append(swatch, part.name);
    return button;
  }

  tool(text, label, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.title = label;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", act);
    return button;
  }

  zoom(factor) {
    const middle = this.position * this.beats;
    this.span = Math.min(this.beats, Math.max(CLOSEST, this.span * factor));
    this.move(middle - this.span * LEAD);
  }

  move(start) {
    this.start = Math.min(Math.max(0, this.beats - this.span), Math.max(0, start));
    this.view.redraw();
  }

  follow() {
    if (!this.span || this.span >= this.beats) return;
    const now = this.position * this.beats;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const away = now < this.start || now > this.start + this.span;
    // Whoever wants no motion gets the pages turned.
    if (calm ? away : now > this.start + this.span * LEAD || away) {
      this.start = Math.min(this.beats - this.span, Math.max(0, calm ? now : now - this.span * LEAD));
    }
  }

  press(event) {
    if (event.button) return;
    const from = { x: event.clientX, start: this.start };
    const width = this.clientWidth;
    this.setPointerCapture(event.pointerId);
    const stop = new AbortController();
    const { signal } = stop;
    const grip = this.barAt(event);
    this.addEventListener("pointermove", (moved) => {
      this.dragging ||= Math.abs(moved.clientX - from.x) > DRAG;
      if (this.dragging && this.markable) this.draw(grip, this.barAt(moved));
      else if (this.dragging) this.move(from.start - ((moved.clientX - from.x) / width) * this.span);
    }, { signal });
    const end = (released) => {
      stop.abort();
      if (!this.dragging && released.type === "pointerup") this.ask(released);
      this.dragging = false;
    };
    this.addEventListener("pointerup", end, { signal });
    this.addEventListener("pointercancel", end, { signal });
  }

  beatAt(event) {
    const box = this.getBoundingClientRect();
    return this.start + ((event.clientX - box.left) / box.width) * this.span;
  }

  barAt(event) {
    return Math.min(this.markable, Math.max(1, 1 + Math.floor(this.beatAt(event) / this.bar)));
  }

  draw(one, other) {
    this.marked = [Math.min(one, other), Math.max(one, other)];
    this.dispatchEvent(new CustomEvent("bars-marked", { detail: this.marked, bubbles: true }));
    // The bar under the pointer is shown whole, so that a drag at the edge goes on.
    const from = (other - 1) * this.bar;
    this.move(Math.max(Math.min(this.start, from), from + this.bar - this.span));
  }

  ask(event) {
    const share = this.beatAt(event) / this.beats;
    this.dispatchEvent(new CustomEvent("seek", { detail: Math.min(1, Math.max(0, share)) }));
  }

  wheel(event) {
    const sideways = event.shiftKey ? event.deltaY : event.deltaX;
    if (!sideways || this.span >= this.beats) return;
    event.preventDefault();
    this.move(this.start + (sideways / this.clientWidth) * this.span);
  }

  paint(context, width, height) {
    this.span ??= Math.min(this.beats, Math.max(CLOSEST, (width / BAR_PIXELS) * this.bar));
    this.painter.paint(context, width, height, {
      start: this.start,
      span: this.span,
      now: this.position * this.beats,
      silent: this.hushed,
      marked: this.marked,
    });
  }
});

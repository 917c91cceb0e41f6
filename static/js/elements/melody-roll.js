// <melody-roll>: a melody on one time axis, to be looked at and edited. It shows what its studio gives it and tells what is
// wanted: "seek" (seconds), "choose-note" ({ids, more}), "drag-notes" ({kind, seconds, semitones}), "drop-notes" (keep or not),
// "add-note" ({onset, midi}).
import { sharpCanvas } from "/static/js/canvas.js";
import { Axes, GUTTER } from "/static/js/hum/axes.js";
import { drawRoll } from "/static/js/hum/roll-drawing.js";
import { gestures } from "/static/js/hum/roll-gestures.js";

const ZOOM = 1.6;
const LEAD = 0.28; // of the width, where the playhead is held while the paper moves
const CROWD = 90; // notes on the screen above which those too small for it get no name

customElements.define("melody-roll", class extends HTMLElement {
  scene = { bars: [], notes: [], chosen: new Set(), apart: new Set(), position: 0 };

  // What does not change by editing: seconds, hop, curve, level.
  begin(found, view) {
    this.axes = new Axes(found.seconds);
    Object.assign(this.scene, { hop: found.hop, curve: found.curve, level: found.level });
    if (view) Object.assign(this.axes, view);
    this.canvas ??= sharpCanvas(this, (...args) => this.paint(...args));
    if (this.tools) return;
    this.tools = this.footer();
    gestures(this, this.told());
  }

  disconnectedCallback() {
    this.canvas?.stop();
  }

  get view() {
    return { start: this.axes.start, span: this.axes.span };
  }

  // Any of bars, notes, chosen, apart, flats, beats, barLines, sections, position.
  show(scene, fitted = true) {
    Object.assign(this.scene, scene);
    if (fitted && !this.dragging) this.fit();
    this.canvas?.redraw();
  }

  fit() {
    const { bars, notes, curve } = this.scene;
    const pitches = [...bars, ...notes].map((note) => note.midi);
    this.axes.fit(pitches.length ? pitches : (curve ?? []).filter((midi) => midi !== null).map(Math.round));
  }

  // The playhead; while it plays the paper follows. Whoever wants no motion gets the pages turned.
  follow(position, playing) {
    this.scene.position = position;
    const { axes } = this;
    if (playing && !this.dragging && axes && !axes.whole) {
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const away = position < axes.start || position > axes.start + axes.span;
      if (away || (!calm && position > axes.start + axes.span * LEAD)) axes.move(calm ? position : position - axes.span * LEAD);
    }
    this.canvas?.redraw();
  }

  reveal(note) {
    this.axes.reveal(note.onset, note.offset);
    this.canvas.redraw();
  }

  zoom(factor, middle = this.scene.position) {
    this.axes.zoom(factor, Math.max(this.axes.start, Math.min(this.axes.start + this.axes.span, middle)));
    this.canvas.redraw();
  }

  closer() {
    this.zoom(1 / ZOOM);
  }

  farther() {
    this.zoom(ZOOM);
  }

  footer() {
    const tools = document.createElement("div");
    tools.className = "roll-zoom";
    for (const [text, label, act] of [["−", "Show more of the take", () => this.farther()], ["+", "Show it larger", () => this.closer()]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: text, title: label });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", act);
      tools.append(button);
    }
    this.after(tools);
    return tools;
  }

  tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  // What a pointer can ask, and what it means.
  told() {
    return {
      noteAt: (x, y) => this.noteAt(x, y),
      isChosen: (note) => note.ids.some((id) => this.scene.chosen.has(id)),
      edgeOf: (note) => [this.axes.x(note.onset), this.axes.x(note.offset)],
      choose: (note, more) => this.tell("choose-note", { ids: note.ids, more }),
      drag: (kind, dx, dy) => {
        this.dragging = true;
        const semitones = kind === "move" ? Math.round(-dy / this.axes.tall) : 0;
        this.tell("drag-notes", { kind, seconds: (dx / this.axes.room) * this.axes.span, semitones });
      },
      drop: (keep) => {
        this.dragging = false;
        this.tell("drop-notes", keep);
      },
      press: (x) => x > GUTTER && this.tell("seek", this.axes.time(x)),
      add: (x, y) => x > GUTTER && this.tell("add-note", { onset: this.axes.time(x), midi: this.axes.pitch(y) }),
      pan: (dx) => {
        if (this.axes.whole) return false;
        this.axes.move(this.axes.start - (dx / this.axes.room) * this.axes.span);
        this.canvas.redraw();
        return true;
      },
      zoom: (x, factor) => this.zoom(factor, this.axes.time(x)),
      hover: (kind) => (this.dataset.over = kind),
    };
  }

  // The bar under a point, else the note as it was sung where that is drawn on its own.
  noteAt(x, y) {
    const { bars, notes, apart } = this.scene;
    const near = Math.max(5, this.axes.tall) / 2 + 1;
    const hit = (note) => Math.abs(this.axes.y(note.midi) - y) <= near && x >= this.axes.x(note.onset) - 2 && x <= this.axes.x(note.offset) + 2;
    const bar = bars.findLast((one) => one.ids.length && hit(one));
    const sung = bar ? null : notes.find((note) => apart.has(note.id) && hit(note));
    return bar ?? (sung ? { ...sung, ids: [sung.id] } : null);
  }

  paint(context, width, height) {
    this.axes.resize(width, height);
    const { start, span } = this.axes;
    this.scene.crowded = this.scene.bars.filter((bar) => bar.offset > start && bar.onset < start + span).length > CROWD;
    drawRoll(this, context, this.axes, this.scene);
  }
});

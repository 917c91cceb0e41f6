// <hum-studio>: a transcription that can be heard, looked at, corrected and played anew. The server's page stands in it; the
// element adds the roll, follows the rules in the form, and tells of a new rendering by a "hum-rendered" event (the job).
import { ApiError, fragment, send } from "/static/js/http.js";
import { Actions } from "/static/js/hum/actions.js";
import { Bars } from "/static/js/hum/bars.js";
import { Latest } from "/static/js/hum/latest.js";
import { Melody } from "/static/js/hum/melody.js";
import { hasFlats, noteName } from "/static/js/hum/names.js";
import { fillTable } from "/static/js/hum/note-table.js";
import { keys } from "/static/js/hum/roll-keys.js";
import { fillRules, settingsOf, showValues } from "/static/js/hum/rules.js";
import { hear, tonesOf } from "/static/js/hum/tones.js";

const JSON_BODY = { "Content-Type": "application/json" };
const WAITING = "Changed. Until the notes are played you hear plain tones.";
const NEW_PLAYER = "Changed. The notes are played so when you ask for it.";

customElements.define("hum-studio", class extends HTMLElement {
  chosen = new Set();

  async connectedCallback() {
    if (this.roll) return;
    [this.roll, this.player, this.sheet] = ["melody-roll", "hum-player", "sheet-music"].map((name) => this.querySelector(name));
    this.rules = this.querySelector("[data-rules]");
    this.leave = (event) => this.melody?.changed && event.preventDefault();
    window.addEventListener("beforeunload", this.leave);
    try {
      this.begin(await send(this.dataset.transcription));
    } catch (error) {
      this.fail(error);
    }
  }

  disconnectedCallback() {
    this.asker?.stop();
    window.removeEventListener("beforeunload", this.leave);
  }

  // A studio that takes the place of another, ``kept``, goes on with what was done there.
  begin(found) {
    const { kept } = this;
    this.found = found;
    this.melody = kept?.melody ?? new Melody(found.heard, found.seconds, found.settings.kind === "polyphonic");
    if (kept) this.melody.first = kept.asked;
    this.answered(found, this.melody.first);
    this.asker = new Latest("/melody", (answer, sung) => this.answered(answer, sung), (error) => this.fail(error));
    fillRules(this.rules, found.settings);
    this.settings = this.first = settingsOf(this.rules, found.settings);
    this.querySelector("[data-bench]").hidden = false;
    this.roll.begin(found, kept?.view);
    this.sheet.fill(found.pages ?? 1);
    this.actions = new Actions(this);
    this.listen();
    this.draw();
    if (kept) this.goOn(kept);
    this.dataset.ready = "";
  }

  goOn({ position, mix, settings }) {
    this.player.seek(position);
    this.player.mix(mix);
    fillRules(this.rules, settings);
    this.ruled();
  }

  listen() {
    const on = (name, act) => this.roll.addEventListener(name, (event) => act(event.detail));
    on("seek", (seconds) => this.player.seek(seconds) ?? this.choose([]));
    on("choose-note", ({ ids, more }) => this.choose(more ? this.toggled(ids) : ids, true));
    on("drag-notes", (by) => this.dragged(by));
    on("drop-notes", (keep) => (this.melody.drop(keep) ? this.edited() : this.draw()));
    on("add-note", (note) => this.actions.put(note));
    keys(this.roll, (...asked) => this.actions.act(...asked));
    this.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.actions.act(button.dataset.act, Number(button.dataset.amount ?? 1));
    });
    this.player.addEventListener("tick", (event) => this.roll.follow(event.detail, !this.player.paused));
    this.rules.addEventListener("input", () => this.ruled());
    this.rules.addEventListener("submit", (event) => this.render(event));
    this.querySelector("[data-back]").addEventListener("click", () => this.goBack());
    this.querySelector("[data-rendering]").addEventListener("job-end", (event) => this.rendered(event));
  }

  // The chosen notes as they are sung, in order.
  get picked() {
    return this.melody.notes.filter((note) => this.chosen.has(note.id));
  }

  get pending() {
    return this.melody.changed || JSON.stringify(this.settings) !== JSON.stringify(this.first);
  }

  // Whether other notes would sound than those that are rendered.
  get differs() {
    const { instrument, ...rules } = this.settings;
    const { instrument: before, ...first } = this.first;
    return this.melody.changed || JSON.stringify(rules) !== JSON.stringify(first);
  }

  toggled(ids) {
    const there = ids.every((id) => this.chosen.has(id));
    return there ? [...this.chosen].filter((id) => !ids.includes(id)) : [...this.chosen, ...ids];
  }

  choose(ids, aloud = false) {
    this.chosen = new Set(ids);
    const [first] = this.picked;
    if (first) {
      const more = this.chosen.size > 1 ? `${this.chosen.size} notes from ` : "";
      this.say(`${more}${noteName(first.midi, this.flats)} at ${first.onset.toFixed(2)} s, ${(first.offset - first.onset).toFixed(2)} s long`);
      if (aloud && this.player.paused) hear(first.midi);
    }
    this.draw();
  }

  dragged({ kind, ...by }) {
    const before = this.picked[0]?.midi;
    this.melody.drag(kind, this.chosen, by);
    const after = this.picked[0]?.midi;
    if (after !== before) hear(after);
    this.draw();
  }

  // The notes or the rules are others: shown at once as far as that is known here, then as the server says.
  edited() {
    this.chosen = new Set(this.picked.map((note) => note.id));
    const [first] = this.picked;
    if (first) this.say(`${noteName(first.midi, this.flats)} at ${first.onset.toFixed(2)} s, ${(first.offset - first.onset).toFixed(2)} s long`);
    this.ask();
  }

  // A field that is only half filled in asks for nothing yet.
  ruled() {
    showValues(this.rules);
    if (!this.rules.checkValidity()) return;
    this.settings = settingsOf(this.rules, this.found.settings);
    this.ask();
  }

  ask() {
    this.draw();
    this.asker.ask(() => {
      const sung = this.melody.notes;
      const { seconds } = this.found;
      const one = !this.melody.room.several;
      return [{ heard: this.melody.plain(sung), seconds, settings: this.settings, one_voice: one, sheet: true }, sung];
    });
  }

  answered(answer, sung) {
    this.latest = answer;
    this.bars = new Bars(answer.notes, sung);
    if (!this.asker) return;
    this.fail(null);
    if (answer.sheet && this.pending) this.sheet.show(answer.sheet, answer.pages);
    else this.sheet.fill(this.found.pages ?? 1);
    this.draw();
    this.player.preview(this.differs ? tonesOf(this.shown, this.found.seconds) : null);
  }

  draw() {
    const { notes } = this.melody;
    this.flats = hasFlats(this.latest.key);
    this.shown = this.bars.now(notes).sort((a, b) => a.onset - b.onset || a.midi - b.midi);
    const { beats, bars: lines, sections } = this.latest;
    const seen = { bars: this.shown, notes, chosen: this.chosen, flats: this.flats };
    this.roll.show({ ...seen, sections, beats, barLines: lines, apart: this.bars.apart });
    if (!this.roll.dragging) fillTable(this.querySelector("[data-notes]"), this.shown, { ...seen, onGo: (bar) => this.goTo(bar) });
    this.buttons();
  }

  goTo(bar) {
    this.choose(bar.ids, true);
    this.player.seek(bar.onset);
    this.roll.reveal(bar);
  }

  buttons() {
    const { pending, melody } = this;
    this.toggleAttribute("data-pending", pending);
    const words = [this.differs ? WAITING : NEW_PLAYER, ...(this.latest.notices ?? [])];
    this.querySelector("[data-pending-said]").textContent = pending ? words.join(" ") : "";
    this.querySelector("[data-render]").disabled = this.querySelector("[data-back]").hidden = !pending;
    const usable = { undo: melody.past.length, redo: melody.future.length, add: true };
    for (const button of this.querySelectorAll("[data-act]")) button.disabled = !(usable[button.dataset.act] ?? this.chosen.size);
  }

  // Everything as it is played now.
  goBack() {
    this.melody.edit(() => this.melody.first);
    fillRules(this.rules, this.found.settings);
    this.settings = this.first;
    this.chosen = new Set();
    this.asker.stop();
    this.answered(this.found, this.melody.first);
  }

  async render(event) {
    event.preventDefault();
    if (!this.pending) return;
    const button = this.querySelector("[data-render]");
    button.disabled = true;
    this.asked = this.melody.notes;
    try {
      const body = JSON.stringify({ heard: this.melody.plain(), settings: this.settings });
      const job = await send(`/tracks/${this.dataset.track}/transcription`, { method: "POST", headers: JSON_BODY, body });
      this.querySelector("[data-rendering]").replaceChildren(await fragment(`/j/${job.id}?fragment=1`));
    } catch (error) {
      this.fail(error);
      button.disabled = false;
    }
  }

  // The new result takes the place of this one and goes on where this one was.
  async rendered(event) {
    event.stopPropagation();
    const job = event.detail;
    const page = await fragment(`/j/${job.id}?fragment=1`);
    const fresh = page.querySelector("hum-studio");
    if (!fresh) {
      this.querySelector("[data-rendering]").replaceChildren(page);
      return this.buttons();
    }
    const { melody, asked, settings, player } = this;
    fresh.kept = { melody, asked, settings, view: this.roll.view, position: player.position, mix: Number(player.slider.value) };
    this.melody = null;
    const { parentElement: place } = this;
    this.replaceWith(fresh);
    place.dispatchEvent(new CustomEvent("hum-rendered", { detail: job, bubbles: true }));
    fresh.querySelector("[data-play]").focus({ preventScroll: true });
    return undefined;
  }

  // What is wrong, in words; null takes them away.
  fail(error) {
    if (error && !(error instanceof ApiError)) throw error;
    const place = this.querySelector("[data-wrong]");
    place.textContent = error?.plain ?? "";
    place.hidden = !error;
  }

  say(text) {
    this.querySelector("[data-said]").textContent = text;
  }
});

// What can be done in the studio, by name: by a key or by a button. The studio gives its melody, what is chosen, its player
// and its roll, and hears what was done.
import { hear } from "/static/js/hum/tones.js";

const NUDGE = [0.01, 0.1]; // seconds an arrow moves a note, alone and with Shift
const STEP = [0.1, 1]; // seconds an arrow moves the playhead
const LEAP = [1, 12]; // semitones
const NEW = 0.3; // seconds of a note that is added

export class Actions {
  constructor(studio) {
    this.studio = studio;
  }

  // False where there was nothing to do, so that the key keeps its usual meaning.
  act(name, amount = 1, big = false) {
    return this[name](amount, big ? 1 : 0);
  }

  play() {
    this.studio.player.toggle();
  }

  begin() {
    this.studio.player.seek(0);
    this.studio.roll.axes.reveal(0, 0);
  }

  end() {
    this.studio.player.seek(this.studio.found.seconds);
  }

  closer() {
    this.studio.roll.closer();
  }

  farther() {
    this.studio.roll.farther();
  }

  swap() {
    this.studio.player.swap();
  }

  none() {
    if (!this.studio.chosen.size) return false;
    return this.studio.choose([]);
  }

  all() {
    return this.studio.choose(this.studio.melody.notes.map((note) => note.id));
  }

  next() {
    return this.go(1);
  }

  previous() {
    return this.go(-1);
  }

  // The note after or before the chosen one; without one, the next to the playhead.
  go(direction) {
    const bars = this.studio.shown.filter((bar) => bar.ids.length);
    const at = bars.findIndex((bar) => bar.ids.some((id) => this.studio.chosen.has(id)));
    const now = this.studio.player.position;
    const near = direction > 0 ? bars.findIndex((bar) => bar.onset >= now - 1e-3) : bars.findLastIndex((bar) => bar.onset <= now);
    const bar = at < 0 ? bars[near] : bars[at + direction];
    if (!bar) return undefined;
    this.studio.choose(bar.ids);
    this.studio.player.seek(bar.onset);
    this.studio.roll.reveal(bar);
    return undefined;
  }

  hear() {
    const [first] = this.studio.picked;
    if (first) hear(first.midi);
  }

  pitch(amount, big) {
    const { studio } = this;
    if (!studio.chosen.size) return false;
    if (studio.melody.move(studio.chosen, { semitones: amount * LEAP[big] }, `pitch ${[...studio.chosen]}`)) {
      studio.edited();
      this.hear();
    }
    return undefined;
  }

  time(amount, big) {
    const { studio } = this;
    if (!studio.chosen.size) return studio.player.seek(studio.player.position + amount * STEP[big]);
    return this.done(studio.melody.move(studio.chosen, { seconds: amount * NUDGE[big] }, `time ${[...studio.chosen]}`));
  }

  length(amount, big) {
    const { studio } = this;
    if (!studio.chosen.size) return false;
    return this.done(studio.melody.stretch(studio.chosen, amount * NUDGE[big], `length ${[...studio.chosen]}`));
  }

  delete() {
    const { studio } = this;
    if (!studio.chosen.size) return false;
    return this.done(studio.melody.remove(studio.chosen), []);
  }

  split() {
    const [note] = this.studio.picked;
    if (!note) return false;
    return this.done(this.studio.melody.split(note.id, this.studio.player.position));
  }

  join() {
    const [note] = this.studio.picked;
    if (!note) return false;
    return this.done(this.studio.melody.join(note.id), [note.id]);
  }

  // A note at the playhead, on the pitch that is heard there, else that of the note before.
  add() {
    const { found, melody, player } = this.studio;
    const onset = player.position;
    const heard = found.curve[Math.round((onset + NEW / 2) / found.hop)];
    const before = melody.notes.findLast((note) => note.onset <= onset) ?? melody.notes[0];
    return this.put({ onset, midi: Math.round(heard ?? before?.midi ?? 60) });
  }

  put({ onset, midi }) {
    const id = this.studio.melody.add({ onset, offset: onset + NEW, midi, velocity: 80 });
    if (id === null) return this.studio.say("No room for a note here: another one sounds already.");
    hear(midi);
    return this.done(true, [id]);
  }

  undo() {
    return this.done(this.studio.melody.undo());
  }

  redo() {
    return this.done(this.studio.melody.redo());
  }

  done(changed, chosen) {
    if (chosen) this.studio.choose(chosen);
    if (changed) this.studio.edited();
  }
}

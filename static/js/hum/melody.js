// The notes of a melody as they are sung, with what was done to them and can be undone.
import * as edits from "/static/js/hum/edits.js";

export class Melody {
  constructor(heard, length, several) {
    this.room = { length, several };
    this.next = heard.length;
    this.first = this.notes = heard.map((note, id) => ({ ...note, id }));
    this.past = [];
    this.future = [];
  }

  get changed() {
    return this.notes !== this.first;
  }

  find(id) {
    return this.notes.find((note) => note.id === id);
  }

  // Notes as the server takes them.
  plain(notes = this.notes) {
    return notes.map(({ id, ...note }) => note);
  }

  // One edit. Those that follow each other under one name, such as the steps of a key that is held, are undone together.
  edit(change, name = null) {
    const notes = change(this.notes, this.room);
    if (notes === this.notes || (notes.length === this.notes.length && notes.every((note, index) => note === this.notes[index]))) return false;
    if (!name || name !== this.named) this.past.push(this.notes);
    this.named = name;
    this.future = [];
    this.notes = notes;
    return true;
  }

  move(ids, by, name) {
    return this.edit((notes, room) => edits.moved(notes, ids, by, room), name);
  }

  stretch(ids, seconds, name) {
    return this.edit((notes, room) => edits.stretched(notes, ids, seconds, room), name);
  }

  remove(ids) {
    return this.edit((notes) => edits.without(notes, ids));
  }

  split(id, second) {
    return this.edit((notes) => edits.split(notes, this.find(id), second, this.next++));
  }

  join(id) {
    return this.edit((notes) => edits.joined(notes, this.find(id)));
  }

  // The id of the new note, or null where it found no room.
  add(note) {
    const id = this.next++;
    return this.edit((notes, room) => edits.added(notes, { ...note, id }, room)) ? id : null;
  }

  // A drag shows many states and is one edit: each starts from the notes before it.
  drag(kind, ids, { seconds, semitones }) {
    this.before ??= this.notes;
    if (kind === "stretch") this.notes = edits.stretched(this.before, ids, seconds, this.room);
    else this.notes = edits.moved(this.before, ids, { seconds, semitones }, this.room);
  }

  drop(keep) {
    const { before, notes } = this;
    this.before = null;
    if (!before) return false;
    this.notes = before;
    return keep && this.edit(() => notes);
  }

  undo() {
    return this.swap(this.past, this.future);
  }

  redo() {
    return this.swap(this.future, this.past);
  }

  swap(from, to) {
    if (!from.length) return false;
    to.push(this.notes);
    this.notes = from.pop();
    this.named = null;
    return true;
  }
}

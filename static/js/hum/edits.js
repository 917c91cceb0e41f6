// What can be done to the notes of a melody. Each function gives new notes and leaves those it was given as they are; notes
// have an id that stays with them. In a melody neighbours give way to a note that is moved, down to a last rest of
// themselves, and their order stays; where several may sound at once, nothing gives way.
export const SHORTEST = 0.05; // seconds
const LOWEST = 21; // MIDI, the piano's keys
const HIGHEST = 108;

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const inOrder = (notes) => [...notes].sort((a, b) => a.onset - b.onset || a.midi - b.midi);

// Moves the chosen notes by semitones and seconds, as far as there is room.
export function moved(notes, ids, { semitones = 0, seconds = 0 }, { length, several }) {
  const chosen = notes.filter((note) => ids.has(note.id));
  if (!chosen.length) return notes;
  const steps = clamp(semitones, LOWEST - Math.min(...chosen.map((n) => n.midi)), HIGHEST - Math.max(...chosen.map((n) => n.midi)));
  let [low, high] = [-chosen[0].onset, length - Math.max(...chosen.map((n) => n.offset))];
  if (!several) {
    notes.forEach((note, index) => {
      if (!ids.has(note.id)) return;
      const [before, after] = [notes[index - 1], notes[index + 1]];
      if (before && !ids.has(before.id)) low = Math.max(low, before.onset + SHORTEST - note.onset);
      if (after && !ids.has(after.id)) high = Math.min(high, after.offset - SHORTEST - note.offset);
    });
  }
  const shift = clamp(seconds, Math.min(0, low), Math.max(0, high));
  const there = notes.map((note) => (ids.has(note.id) ? at(note, note.midi + steps, note.onset + shift, note.offset + shift) : note));
  return several ? inOrder(there) : givingWay(there, ids);
}

// Moves the end of the chosen notes.
export function stretched(notes, ids, seconds, { length, several }) {
  const there = notes.map((note, index) => {
    if (!ids.has(note.id)) return note;
    const after = notes[index + 1];
    const last = several || !after ? length : ids.has(after.id) ? after.onset : after.offset - SHORTEST;
    const end = clamp(note.offset + seconds, note.onset + SHORTEST, Math.max(note.offset, last));
    return at(note, note.midi, note.onset, end);
  });
  return several ? there : givingWay(there, ids);
}

export function without(notes, ids) {
  return notes.filter((note) => !ids.has(note.id));
}

// Cuts a note in two, at a second within it or in its middle; ``id`` is the second half's.
export function split(notes, note, second, id) {
  const inside = second > note.onset + SHORTEST && second < note.offset - SHORTEST;
  const cut = inside ? second : (note.onset + note.offset) / 2;
  if (note.offset - note.onset < 2 * SHORTEST) return notes;
  const halves = [at(note, note.midi, note.onset, cut), { ...at(note, note.midi, cut, note.offset), id }];
  return notes.flatMap((other) => (other.id === note.id ? halves : [other]));
}

// Makes one note of a note and the next, with the pitch of the longer one.
export function joined(notes, note) {
  const next = notes[notes.findIndex((other) => other.id === note.id) + 1];
  if (!next) return notes;
  const longer = next.offset - next.onset > note.offset - note.onset ? next : note;
  const one = { ...longer, id: note.id, onset: note.onset, offset: Math.max(note.offset, next.offset) };
  return notes.flatMap((other) => (other.id === note.id ? [one] : other.id === next.id ? [] : [other]));
}

// A new note; in a melody it fits between those that are there, or is not added.
export function added(notes, note, { length, several }) {
  let { onset, offset } = note;
  if (!several) {
    if (notes.some((other) => other.onset <= onset && other.offset > onset)) return notes;
    offset = notes.reduce((end, other) => (other.onset > onset ? Math.min(end, other.onset) : end), offset);
  }
  offset = Math.min(offset, length);
  if (offset - onset < SHORTEST) return notes;
  return inOrder([...notes, { ...note, onset, offset }]);
}

function at(note, midi, onset, offset) {
  if (midi === note.midi && onset === note.onset && offset === note.offset) return note;
  return { ...note, midi, onset, offset };
}

function givingWay(notes, ids) {
  return notes.map((note, index) => {
    if (ids.has(note.id)) return note;
    const [before, after] = [notes[index - 1], notes[index + 1]];
    const onset = before && ids.has(before.id) ? Math.max(note.onset, before.offset) : note.onset;
    const offset = after && ids.has(after.id) ? Math.min(note.offset, after.onset) : note.offset;
    return at(note, note.midi, onset, offset);
  });
}

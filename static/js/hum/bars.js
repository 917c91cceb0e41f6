// The notes as they are played, in step with those that were sung while these are edited: each played note knows the ids
// of what it came from, and moves along with it until the server's answer is there.
const SAME = 0.002; // seconds

export class Bars {
  // ``played`` as the server answered for ``sung``, which have ids.
  constructor(played, sung) {
    this.before = new Map(sung.map((note) => [note.id, note]));
    this.rows = origins(played, sung).map((ids, index) => ({ note: played[index], ids }));
    const alike = new Set(this.rows.filter((row) => this.same(row)).map((row) => row.ids[0]));
    this.apart = new Set(sung.map((note) => note.id).filter((id) => !alike.has(id))); // what is played otherwise than sung
  }

  // Whether a note is played just as it was sung.
  same({ note, ids }) {
    const sung = this.before.get(ids[0]);
    if (!sung) return false;
    const near = (name) => Math.abs(note[name] - sung[name]) < SAME;
    return ids.length === 1 && note.midi === sung.midi && near("onset") && near("offset");
  }

  // What is to be drawn: played notes with ``ids``, given the notes as they are sung now.
  now(sung) {
    const there = new Map(sung.map((note) => [note.id, note]));
    const bars = [];
    for (const { note, ids } of this.rows) {
      const left = ids.filter((id) => there.has(id));
      if (!ids.length) bars.push({ ...note, ids });
      if (!left.length) continue;
      const [first, last] = [left[0], left.at(-1)];
      const shift = (id, name) => there.get(id)[name] - this.before.get(id)[name];
      bars.push({
        ...note,
        ids: left,
        midi: note.midi + shift(first, "midi"),
        onset: note.onset + shift(first, "onset"),
        offset: note.offset + shift(last, "offset"),
      });
    }
    for (const note of sung) if (!this.before.has(note.id)) bars.push({ ...note, ids: [note.id] });
    return bars;
  }
}

// For each played note the ids of the sung ones it was made of: the server says so by their places, ``from``. Without
// that each sung note belongs to the played one that it shares most time with.
function origins(played, sung) {
  if (played.every((note) => note.from)) return played.map((note) => note.from.map((place) => sung[place]?.id).filter((id) => id !== undefined));
  if (played.length === sung.length) return sung.map((note) => [note.id]);
  const ids = played.map(() => []);
  for (const note of sung) {
    const shared = played.map((bar) => Math.min(bar.offset, note.offset) - Math.max(bar.onset, note.onset));
    const most = shared.reduce((best, share, index) => (share > shared[best] ? index : best), 0);
    if (shared[most] > 0) ids[most].push(note.id);
  }
  return ids;
}

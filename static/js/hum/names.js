// Names of notes, as the sheet music of a key would write them.
const SHARPS = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"];
const FLATS = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
const WITH_FLATS = {
  major: new Set(["F", "Bb", "Eb", "Ab", "Db", "Gb"]),
  minor: new Set(["D", "G", "C", "F", "Bb", "Eb"]),
};
const BLACK = new Set([1, 3, 6, 8, 10]);

// Whether a key, or null, is written with flats.
export function hasFlats(key) {
  return Boolean(key && WITH_FLATS[key.mode]?.has(key.tonic));
}

export function noteName(midi, flats = false) {
  return (flats ? FLATS : SHARPS)[((midi % 12) + 12) % 12] + (Math.floor(midi / 12) - 1);
}

export function isBlack(midi) {
  return BLACK.has(((midi % 12) + 12) % 12);
}

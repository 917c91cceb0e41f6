// Plain tones: what notes would sound like before an instrument has played them, and a note on its own while it is moved.
import { audioContext } from "/static/js/audio-context.js";

const RATE = 22050; // Hz
const TABLE = 2048; // samples of one period
const PARTIALS = [1, 0.45, 0.28, 0.12, 0.07];
const HALF_LIFE = 0.55; // seconds of a held note
const RELEASE = 0.06; // seconds
const ATTACK = 0.006;
const LOUD = 0.34;
const SHORT = 0.28; // seconds of a note on its own

const wave = Float32Array.from({ length: TABLE }, (_, at) =>
  PARTIALS.reduce((sum, loud, index) => sum + loud * Math.sin((2 * Math.PI * at * (index + 1)) / TABLE), 0));

// The notes as one sound of so many seconds.
export function tonesOf(notes, seconds) {
  const buffer = new AudioBuffer({ length: Math.max(1, Math.ceil(seconds * RATE)), sampleRate: RATE });
  const samples = buffer.getChannelData(0);
  for (const note of notes) addTone(samples, note);
  return buffer;
}

function addTone(samples, { onset, offset, midi, velocity = 80 }) {
  const step = (TABLE * 440 * 2 ** ((midi - 69) / 12)) / RATE;
  const from = Math.round(onset * RATE);
  const held = Math.round((offset - onset) * RATE);
  const fade = 0.5 ** (1 / (HALF_LIFE * RATE));
  let loud = LOUD * (velocity / 127);
  const last = Math.min(held + RELEASE * RATE, samples.length - from);
  for (let at = 0; at < last; at += 1) {
    const rise = Math.min(1, at / (ATTACK * RATE));
    const fall = at < held ? 1 : 1 - (at - held) / (RELEASE * RATE);
    samples[from + at] += wave[Math.floor(at * step) % TABLE] * loud * rise * fall;
    loud *= fade;
  }
}

// Lets one pitch sound now.
export function hear(midi) {
  const context = audioContext();
  context.resume();
  const voice = context.createBufferSource();
  voice.buffer = tonesOf([{ onset: 0, offset: SHORT, midi, velocity: 90 }], SHORT + RELEASE);
  voice.connect(context.destination);
  voice.start();
}

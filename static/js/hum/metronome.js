// Clicks on the clock of an audio context. A bar is made once as a sound and repeated by the audio thread, so that no
// timer of the page can make it late. The click lies above what a voice sings: it is no note where it is overheard.
const CLICK = 0.014; // seconds after which a click has died away
const HERTZ = [3400, 2600]; // of the first beat of a bar, and of the others
const LOUD = [0.5, 0.3];
const LEAD = 0.12; // seconds between the command and the first click

export class Metronome {
  constructor(context, bpm, beats) {
    this.context = context;
    this.bpm = bpm;
    this.step = 60 / bpm;
    this.beats = beats;
    this.bar = barOf(context, this.step, beats);
  }

  // A bar to count in, if it is wanted, and clicks without end, if they are. ``first`` is then the time of the first beat,
  // and ``upbeat`` is kept a beat earlier, from when a singer may begin.
  start(countIn, clicks) {
    const begin = this.context.currentTime + LEAD;
    this.first = begin + (countIn ? this.beats * this.step : 0);
    if (countIn) this.play(begin, false);
    if (clicks) this.play(this.first, true);
    this.last = clicks ? Infinity : this.first;
    this.upbeat = new Promise((resolve) => this.at(Math.max(begin, this.first - this.step), resolve));
  }

  // A silent sound that ends then.
  at(when, act) {
    const silence = new GainNode(this.context, { gain: 0 });
    silence.connect(this.context.destination);
    const voice = new ConstantSourceNode(this.context);
    voice.onended = act;
    voice.connect(silence);
    voice.start();
    voice.stop(when);
  }

  play(when, again) {
    const voice = this.context.createBufferSource();
    voice.buffer = this.bar;
    voice.loop = again;
    voice.loopEnd = this.beats * this.step;
    voice.connect(this.context.destination);
    voice.start(when);
  }

  // The beat of the bar that sounds now, counted from 0; null where none does. Before ``first`` it is the count-in.
  get beat() {
    const now = this.context.currentTime;
    const passed = Math.floor((now - this.first) / this.step + 1e-6);
    if (passed < -this.beats || now >= this.last) return null;
    return ((passed % this.beats) + this.beats) % this.beats;
  }
}

function barOf(context, step, beats) {
  const { sampleRate } = context;
  const bar = context.createBuffer(1, Math.ceil(beats * step * sampleRate) + 1, sampleRate);
  const samples = bar.getChannelData(0);
  for (let beat = 0; beat < beats; beat += 1) {
    const [hertz, loud] = [HERTZ[beat ? 1 : 0], LOUD[beat ? 1 : 0]];
    const from = Math.round(beat * step * sampleRate);
    for (let at = 0; at < CLICK * sampleRate; at += 1) {
      const time = at / sampleRate;
      samples[from + at] = loud * Math.sin(2 * Math.PI * hertz * time) * (1 - time / CLICK) ** 2;
    }
  }
  return bar;
}

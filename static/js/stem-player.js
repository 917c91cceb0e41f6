// Plays sounds that belong together in step, to the sample, through Web Audio: the stems of a track, or a voice and what was
// made of it. To its user it looks like an audio element.
import { audioContext } from "/static/js/audio-context.js";

const BUDGET = 400e6; // bytes of decoded sound that a page may hold
const RATES = [48000, 32000, 22050, 16000]; // Hz; long tracks of many parts are heard at a lower one
const BYTES = 8; // of a stereo sample
const LEAD = 0.05; // seconds between the command and the first sample, so that all parts make it
const GLIDE = 0.012; // seconds, so that a mute does not click

export class StemPlayer extends EventTarget {
  constructor(sources, seconds) {
    super();
    this.sources = sources;
    this.duration = seconds;
    this.paused = true;
    this.at = 0;
  }

  // Fetches and decodes every part; ``onLoaded`` hears how many are there.
  async load(onLoaded) {
    const rate = RATES.find((one) => one * BYTES * this.duration * this.sources.length <= BUDGET) ?? RATES.at(-1);
    const decoder = new OfflineAudioContext(2, 1, rate);
    let there = 0;
    this.buffers = await Promise.all(this.sources.map(async (source) => {
      const response = await fetch(source);
      if (!response.ok) throw new Error(`A part could not be loaded (${response.status}).`);
      const buffer = await decoder.decodeAudioData(await response.arrayBuffer());
      onLoaded((there += 1));
      return buffer;
    }));
    this.context = audioContext();
    this.output = this.context.createGain();
    this.gains = this.buffers.map(() => {
      const gain = this.context.createGain();
      gain.connect(this.output);
      return gain;
    });
    this.duration = Math.max(...this.buffers.map((buffer) => buffer.duration));
  }

  get currentTime() {
    if (this.paused) return this.at;
    return Math.min(this.duration, Math.max(this.at, this.context.currentTime - this.began));
  }

  set currentTime(seconds) {
    const playing = !this.paused;
    if (playing) this.stop();
    this.at = Math.min(this.duration, Math.max(0, seconds));
    if (playing) this.start();
    this.tell("seeked");
  }

  // Puts another sound in the place of one; what plays goes on.
  replace(index, buffer) {
    if (this.buffers[index] === buffer) return;
    const playing = !this.paused;
    if (playing) this.pause();
    this.buffers[index] = buffer;
    if (playing) this.play();
  }

  level(index, value) {
    this.gains[index].gain.setTargetAtTime(value, this.context.currentTime, GLIDE);
  }

  async play() {
    if (!this.paused) return;
    await this.context.resume();
    if (this.at >= this.duration) this.at = 0;
    this.start();
    this.tell("play");
  }

  pause() {
    if (this.paused) return;
    this.at = this.currentTime;
    this.stop();
    this.tell("pause");
  }

  start() {
    const when = this.context.currentTime + LEAD;
    this.began = when - this.at;
    this.voices = this.buffers.map((buffer, index) => {
      const voice = this.context.createBufferSource();
      voice.buffer = buffer;
      voice.connect(this.gains[index]);
      voice.start(when, this.at);
      return voice;
    });
    const longest = this.buffers.reduce((most, buffer, index) => (buffer.duration > this.buffers[most].duration ? index : most), 0);
    this.voices[longest].onended = () => this.pause();
    this.paused = false;
  }

  stop() {
    for (const voice of this.voices) {
      voice.onended = null;
      voice.stop();
      voice.disconnect();
    }
    this.paused = true;
  }

  tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

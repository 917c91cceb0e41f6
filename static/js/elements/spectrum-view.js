// <spectrum-view>: what is playing, in bars from low to high. Sound is routed only after a gesture.
import { audioContext } from "/static/js/audio-context.js";
import { colour, sharpCanvas } from "/static/js/canvas.js";

const BARS = 48;
const FFT = 2048;
const LOWEST = 40; // Hz
const HIGHEST = 16000; // Hz
const routed = new WeakMap(); // an audio element can be taken into the context only once

function outputOf(sound) {
  if (!(sound instanceof HTMLMediaElement)) return sound.output;
  if (!routed.has(sound)) routed.set(sound, audioContext().createMediaElementSource(sound));
  return routed.get(sound);
}

customElements.define("spectrum-view", class extends HTMLElement {
  connectedCallback() {
    this.setAttribute("aria-hidden", "true");
    this.levels = new Uint8Array(FFT / 2);
    this.view = sharpCanvas(this, (...args) => this.paint(...args));
  }

  disconnectedCallback() {
    cancelAnimationFrame(this.frame);
    this.view?.stop();
  }

  // An audio element, or a mix with an ``output``: what it plays is heard, and seen here.
  attach(sound) {
    const context = audioContext();
    context.resume();
    if (!this.analyser) {
      this.analyser = context.createAnalyser();
      this.analyser.fftSize = FFT;
      this.analyser.connect(context.destination);
    }
    outputOf(sound).connect(this.analyser);
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = () => {
      this.analyser.getByteFrequencyData(this.levels);
      this.view.redraw();
      if (!sound.paused && this.isConnected) this.frame = requestAnimationFrame(step);
    };
    cancelAnimationFrame(this.frame);
    if (!still) step();
  }

  paint(context, width, height) {
    const rate = this.analyser?.context.sampleRate ?? 48000;
    const wide = width / BARS;
    context.fillStyle = colour(this, "--cool");
    for (let bar = 0; bar < BARS; bar += 1) {
      const hertz = LOWEST * (HIGHEST / LOWEST) ** (bar / (BARS - 1));
      const level = this.levels[Math.min(this.levels.length - 1, Math.round((hertz * FFT) / rate))] / 255;
      const tall = Math.max(1.5, level * height);
      context.fillRect(bar * wide, height - tall, wide - 2, tall);
    }
  }
});

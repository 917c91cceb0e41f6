// <spectrum-view>: what the audio element plays, in bars from low to high. Sound is routed only after a gesture.
import { colour, sharpCanvas } from "/static/js/canvas.js";

const BARS = 48;
const FFT = 2048;
const LOWEST = 40; // Hz
const HIGHEST = 16000; // Hz
let shared = null; // browsers allow few audio contexts

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

  attach(audio) {
    shared ??= new AudioContext();
    shared.resume();
    if (!this.analyser) {
      this.analyser = shared.createAnalyser();
      this.analyser.fftSize = FFT;
      shared.createMediaElementSource(audio).connect(this.analyser).connect(shared.destination);
    }
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const step = () => {
      this.analyser.getByteFrequencyData(this.levels);
      this.view.redraw();
      if (!audio.paused && this.isConnected) this.frame = requestAnimationFrame(step);
    };
    if (!still) step();
  }

  paint(context, width, height) {
    const rate = shared?.sampleRate ?? 48000;
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

// <sound-recorder>: records from the microphone, showing level and time; tells of the recording by a "recorded" event
// with the blob.
import { clock } from "/static/js/http.js";

const LEVEL_FFT = 1024;

customElements.define("sound-recorder", class extends HTMLElement {
  connectedCallback() {
    if (!navigator.mediaDevices || !window.MediaRecorder) return;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.level = document.createElement("meter");
    this.level.setAttribute("aria-label", "Level of the microphone");
    this.time = document.createElement("span");
    this.time.className = "recorded-time";
    this.button.addEventListener("click", () => (this.recorder ? this.recorder.stop() : this.start()));
    this.replaceChildren(this.button, this.level, this.time);
    this.draw();
  }

  draw(text) {
    this.button.setAttribute("aria-pressed", Boolean(this.recorder));
    this.button.textContent = text ?? (this.recorder ? "Stop recording" : "Record");
    this.level.hidden = this.time.hidden = !this.recorder;
  }

  async start() {
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      this.draw("No microphone");
      return;
    }
    const pieces = [];
    this.recorder = new MediaRecorder(stream);
    this.recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    this.recorder.addEventListener("stop", () => {
      const { mimeType } = this.recorder;
      stream.getTracks().forEach((track) => track.stop());
      this.context.close();
      this.recorder = null;
      this.draw();
      const blob = new Blob(pieces, { type: mimeType });
      this.dispatchEvent(new CustomEvent("recorded", { detail: blob, bubbles: true }));
    });
    this.time.textContent = clock(0);
    this.watch(stream);
    this.recorder.start();
    this.draw();
  }

  watch(stream) {
    this.context = new AudioContext();
    const analyser = this.context.createAnalyser();
    analyser.fftSize = LEVEL_FFT;
    this.context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(LEVEL_FFT);
    let began = null; // on the context's clock; the microphone may need a moment to wake
    this.recorder.addEventListener("start", () => (began = this.context.currentTime));
    const step = () => {
      if (!this.recorder) return;
      this.time.textContent = clock(began === null ? 0 : this.context.currentTime - began);
      analyser.getFloatTimeDomainData(samples);
      this.level.value = Math.min(1, Math.max(...samples.map(Math.abs)) * 1.5);
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
});

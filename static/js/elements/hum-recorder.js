// <hum-recorder>: records a voice and draws its pitch while it sings, with a metronome and a bar to count in where they
// are wanted. Tells of the recording by a "take" event: the sound, and with the metronome its tempo and the second of the
// first beat.
import { clock } from "/static/js/http.js";
import { beginning } from "/static/js/hum/alignment.js";
import { Metronome } from "/static/js/hum/metronome.js";
import { canRecord, Take } from "/static/js/microphone.js";

const WORKLET = "/static/js/hum/pitch-worklet.js";
const SHUT = "The microphone could not be opened. Allow it for this page in your browser, or choose a file.";
const UNSAFE = "Browsers record only at https addresses and on the machine itself. Choose a file here instead.";

customElements.define("hum-recorder", class extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.hidden = false;
    this.button = this.querySelector("[data-record]");
    this.meter = this.querySelector("meter");
    this.time = this.querySelector("[data-time]");
    this.trace = this.querySelector("pitch-trace");
    this.beats = this.querySelector("[data-beats]");
    this.button.addEventListener("click", () => (this.take ? this.stop() : this.start()));
    this.draw();
    if (canRecord()) return;
    this.button.disabled = true;
    this.say(window.isSecureContext ? SHUT : UNSAFE);
  }

  disconnectedCallback() {
    this.take?.close();
  }

  wants(name) {
    return this.querySelector(`[data-${name}]`).checked;
  }

  number(name) {
    const field = this.querySelector(`[data-${name}]`);
    const value = Number(field.value) || Number(field.defaultValue);
    return Math.min(Number(field.max), Math.max(Number(field.min), value));
  }

  say(text) {
    const place = this.querySelector("[data-record-error]");
    place.textContent = text;
    place.hidden = !text;
  }

  async start() {
    this.say("");
    this.button.disabled = true;
    try {
      this.take = await Take.open();
      await this.listen();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.take?.close();
      this.take = null;
      this.say(SHUT);
      return;
    } finally {
      this.button.disabled = false;
    }
    this.record();
  }

  // The pitch is followed on the audio thread, on the clock of the take.
  async listen() {
    const { context, source } = this.take;
    await context.audioWorklet.addModule(WORKLET);
    const pitch = new AudioWorkletNode(context, "pitch", { numberOfOutputs: 0 });
    pitch.port.onmessage = (message) => this.take && this.trace.add(message.data);
    source.connect(pitch);
  }

  async record() {
    const { take } = this;
    const clicks = this.wants("clicks");
    const countIn = this.wants("count-in");
    const metronome = clicks || countIn ? new Metronome(take.context, this.number("bpm"), this.number("bar")) : null;
    this.metronome = metronome;
    this.trace.clear(take.context.currentTime);
    metronome?.start(countIn, clicks);
    this.lights();
    this.draw();
    this.follow();
    if (countIn) await metronome.upbeat;
    if (take.closed) return;
    const sound = take.record();
    this.trace.clear(take.context.currentTime);
    const blob = await sound;
    this.take = this.metronome = null;
    this.draw();
    const beat = clicks ? await this.beatIn(blob, take, metronome) : {};
    this.dispatchEvent(new CustomEvent("take", { detail: { blob, ...beat }, bubbles: true }));
  }

  // The tempo, and the second of the recording at which the first beat was sung to.
  async beatIn(blob, take, metronome) {
    const { origin, readings } = this.trace;
    const began = await beginning(blob, readings.map((reading) => ({ ...reading, time: reading.time + origin })), take.began);
    return { tempo: metronome.bpm, downbeat: Math.max(0, metronome.first + take.delay - began) };
  }

  // Ends the recording; while it counts in, nothing was recorded yet.
  stop() {
    if (this.take.recorder) return this.take.stop();
    this.take.close();
    this.take = this.metronome = null;
    return this.draw();
  }

  lights() {
    const lights = Array.from({ length: this.metronome?.beats ?? 0 }, () => document.createElement("i"));
    this.beats.replaceChildren(...lights);
  }

  follow() {
    if (!this.take) return;
    const { beat, first } = this.metronome ?? {};
    const counting = this.metronome && this.take.context.currentTime < first;
    this.time.textContent = counting ? "count-in" : clock(this.take.seconds);
    this.meter.value = this.take.level;
    [...this.beats.children].forEach((light, index) => light.classList.toggle("on", index === beat));
    requestAnimationFrame(() => this.follow());
  }

  draw() {
    const recording = Boolean(this.take);
    this.toggleAttribute("data-recording", recording);
    this.button.setAttribute("aria-pressed", recording);
    this.button.querySelector("span").textContent = recording ? "Stop" : "Record";
    this.meter.hidden = this.time.hidden = !recording;
    this.beats.hidden = !recording;
    this.querySelectorAll("fieldset").forEach((set) => (set.disabled = recording));
  }
});

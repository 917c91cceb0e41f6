// <hum-player data-voice data-sound data-seconds>: plays a voice and what was made of it through one clock, in step to the
// sample, and mixes them with equal power. Tells of the time by "tick" events (seconds). Both load at the first touch.
import { audioContext } from "/static/js/audio-context.js";
import { clock } from "/static/js/http.js";
import { play } from "/static/js/playing.js";
import { StemPlayer } from "/static/js/stem-player.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";

customElements.define("hum-player", class extends HTMLElement {
  at = 0;

  connectedCallback() {
    if (this.button) return;
    this.seconds = Number(this.dataset.seconds);
    this.button = this.querySelector("[data-play]");
    this.slider = this.querySelector("[data-mix]");
    this.choices = [...this.querySelectorAll("[data-side]")];
    this.querySelectorAll("audio").forEach((audio) => (audio.preload = "none"));
    this.querySelector("[data-plain]").hidden = true;
    this.querySelector("[data-transport]").hidden = false;
    this.button.addEventListener("click", () => this.toggle());
    this.slider.addEventListener("input", () => this.mixed());
    for (const choice of this.choices) choice.addEventListener("click", () => this.mix(Number(choice.dataset.side)));
    this.others = (event) => event.detail !== this.sound && this.sound?.pause();
    document.addEventListener("sound-starts", this.others);
    this.mixed();
    this.draw();
  }

  disconnectedCallback() {
    this.sound?.pause();
    document.removeEventListener("sound-starts", this.others);
  }

  get paused() {
    return this.sound?.paused ?? true;
  }

  get position() {
    return this.sound?.currentTime ?? this.at;
  }

  seek(seconds) {
    this.at = Math.max(0, Math.min(this.seconds, seconds));
    if (this.sound) this.sound.currentTime = this.at;
    this.draw();
  }

  async toggle() {
    if (!this.paused) return this.sound.pause();
    audioContext().resume(); // within the gesture
    await this.load();
    if (!this.sound || !this.isConnected) return undefined;
    return play(this.sound);
  }

  load() {
    this.loading ??= this.fetched().catch((error) => {
      this.loading = null;
      this.status(error.message);
    });
    return this.loading;
  }

  async fetched() {
    const sound = new StemPlayer([this.dataset.voice, this.dataset.sound], this.seconds);
    this.status("loading");
    await sound.load(() => {});
    this.status("");
    this.rendered = sound.buffers[1];
    this.sound = sound;
    sound.output.connect(audioContext().destination);
    sound.currentTime = this.at;
    for (const name of ["pause", "seeked"]) sound.addEventListener(name, () => this.draw());
    sound.addEventListener("play", () => this.follow());
    this.preview(this.tones ?? null);
    this.mixed();
  }

  // Other sound in the place of what was made; null gives that back.
  preview(tones) {
    this.tones = tones;
    this.sound?.replace(1, tones ?? this.rendered);
  }

  follow() {
    this.draw();
    if (!this.paused && this.isConnected) requestAnimationFrame(() => this.follow());
  }

  // 0 is the voice alone, 1 what was made of it.
  mix(value) {
    this.slider.value = value;
    this.mixed();
  }

  // From the one to the other; from a mix to what was made.
  swap() {
    this.mix(Number(this.slider.value) === 1 ? 0 : 1);
  }

  mixed() {
    const value = Number(this.slider.value);
    for (const choice of this.choices) choice.setAttribute("aria-pressed", Number(choice.dataset.side) === value);
    this.slider.setAttribute("aria-valuetext", `${Math.round(100 * (1 - value))} % voice, ${Math.round(100 * value)} % ${this.dataset.instrument}`);
    this.sound?.level(0, Math.cos((value * Math.PI) / 2));
    this.sound?.level(1, Math.sin((value * Math.PI) / 2));
  }

  status(text) {
    this.querySelector("[data-status]").textContent = text;
  }

  draw() {
    this.button.querySelector("path").setAttribute("d", this.paused ? PLAY : PAUSE);
    this.button.setAttribute("aria-label", this.paused ? "Play" : "Pause");
    this.querySelector("[data-time]").textContent = `${clock(this.position)} / ${clock(this.sound?.duration ?? this.seconds)}`;
    this.dispatchEvent(new CustomEvent("tick", { detail: this.position }));
  }
});

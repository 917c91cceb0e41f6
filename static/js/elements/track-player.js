// <track-player>: turns the browser's audio element into transport, waveform, piano roll and spectrum. Once the stems of
// the track are loaded, it plays those instead.
import { clock } from "/static/js/http.js";
import { play } from "/static/js/playing.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";
const NEWS = ["pause", "timeupdate", "loadedmetadata", "seeked"];

customElements.define("track-player", class extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.audio = this.querySelector("audio");
    this.audio.controls = false;
    this.audio.hidden = true;
    this.build();
    this.listen(this.audio);
    this.others = (event) => event.detail !== this.sound && this.sound.pause();
    document.addEventListener("sound-starts", this.others);
    this.withMixer();
    this.draw();
  }

  disconnectedCallback() {
    this.sound.pause();
    document.removeEventListener("sound-starts", this.others);
  }

  build() {
    const transport = document.createElement("div");
    transport.className = "transport";
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "play";
    this.button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>';
    this.button.addEventListener("click", () => this.toggle());
    this.wave = document.createElement("wave-form");
    this.wave.setAttribute("src", this.dataset.peaks);
    this.wave.addEventListener("seek", (event) => this.seek(event.detail));
    transport.append(this.button, this.wave);
    this.times = document.createElement("div");
    this.times.className = "times";
    this.times.append(document.createElement("span"), document.createElement("span"));
    this.spectrum = document.createElement("spectrum-view");
    this.append(transport, this.times);
    if (this.dataset.score) {
      this.roll = document.createElement("piano-roll");
      this.roll.setAttribute("src", this.dataset.score);
      this.roll.addEventListener("seek", (event) => this.seek(event.detail));
      this.append(this.roll);
    }
    this.append(this.spectrum);
  }

  listen(sound) {
    this.sound = sound;
    sound.addEventListener("play", () => this.playing());
    for (const name of NEWS) sound.addEventListener(name, () => this.draw());
  }

  // The mixer stands beside the player in the card of the track; it may come later, when the stems are made.
  withMixer() {
    const card = this.closest(".track");
    if (!card || !this.roll) return;
    const legend = () => (this.roll.legend = !card.querySelector(".stem"));
    card.addEventListener("mixer-ready", legend);
    card.addEventListener("mix", (event) => (this.roll.silent = event.detail));
    card.addEventListener("stems-loaded", (event) => this.change(event.detail));
    legend();
  }

  // Goes on where the other sound was.
  change(sound) {
    const before = this.sound;
    const wasPlaying = !before.paused;
    before.pause();
    this.listen(sound);
    sound.currentTime = before.currentTime;
    if (wasPlaying) this.toggle();
    this.draw();
  }

  seek(share) {
    if (this.sound.duration) this.sound.currentTime = share * this.sound.duration;
    this.draw();
  }

  toggle() {
    if (!this.sound.paused) return this.sound.pause();
    this.spectrum.attach(this.sound);
    return play(this.sound);
  }

  playing() {
    this.spectrum.attach(this.sound);
    const follow = () => {
      this.draw();
      if (!this.sound.paused && this.isConnected) requestAnimationFrame(follow);
    };
    follow();
  }

  draw() {
    const { currentTime, duration, paused } = this.sound;
    const position = duration ? currentTime / duration : 0;
    this.wave.show?.(position);
    this.roll?.show?.(position, !paused);
    this.button.querySelector("path").setAttribute("d", paused ? PLAY : PAUSE);
    this.button.setAttribute("aria-label", paused ? "Play" : "Pause");
    this.times.firstChild.textContent = clock(currentTime);
    this.times.lastChild.textContent = duration ? clock(duration) : "";
  }
});

// <track-player>: turns the browser's audio element into transport, waveform, piano roll and spectrum.
import { clock } from "/static/js/http.js";
import { play } from "/static/js/playing.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";

customElements.define("track-player", class extends HTMLElement {
  connectedCallback() {
    if (this.button) return;
    this.audio = this.querySelector("audio");
    this.audio.controls = false;
    this.audio.hidden = true;
    this.build();
    this.audio.addEventListener("play", () => this.playing());
    this.audio.addEventListener("pause", () => this.draw());
    this.audio.addEventListener("timeupdate", () => this.draw());
    this.audio.addEventListener("loadedmetadata", () => this.draw());
    this.draw();
  }

  disconnectedCallback() {
    this.audio.pause();
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
    this.wave.addEventListener("seek", (event) => {
      if (this.audio.duration) this.audio.currentTime = event.detail * this.audio.duration;
      this.draw();
    });
    transport.append(this.button, this.wave);
    this.times = document.createElement("div");
    this.times.className = "times";
    this.times.append(document.createElement("span"), document.createElement("span"));
    this.spectrum = document.createElement("spectrum-view");
    this.append(transport, this.times);
    if (this.dataset.score) {
      this.roll = document.createElement("piano-roll");
      this.roll.setAttribute("src", this.dataset.score);
      this.append(this.roll);
    }
    this.append(this.spectrum);
  }

  toggle() {
    if (!this.audio.paused) return this.audio.pause();
    this.spectrum.attach(this.audio);
    return play(this.audio);
  }

  playing() {
    this.spectrum.attach(this.audio);
    const follow = () => {
      this.draw();
      if (!this.audio.paused && this.isConnected) requestAnimationFrame(follow);
    };
    follow();
  }

  draw() {
    const { currentTime, duration, paused } = this.audio;
    const position = duration ? currentTime / duration : 0;
    this.wave.show?.(position);
    this.roll?.show?.(position);
    this.button.querySelector("path").setAttribute("d", paused ? PLAY : PAUSE);
    this.button.setAttribute("aria-label", paused ? "Play" : "Pause");
    this.times.firstChild.textContent = clock(currentTime);
    this.times.lastChild.textContent = duration ? clock(duration) : "";
  }
});

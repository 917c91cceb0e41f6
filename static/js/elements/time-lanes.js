// <time-lanes>: rows on one time axis. Adds a play button and waveform to the sound, a playhead over all rows, the
// reading under the pointer, and seeking by a click, a tap, the arrow keys on the waveform, or a time in the table.
import { clock } from "/static/js/http.js";
import { play } from "/static/js/playing.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";
const STRONGEST = 2; // rows of shares of each task that are read out
const HEARD = 0.05; // share below which a row is not read out

customElements.define("time-lanes", class extends HTMLElement {
  connectedCallback() {
    if (this.reading) return;
    this.seconds = Number(this.dataset.seconds) || 1;
    this.audio = this.querySelector("audio");
    this.reading = document.createElement("p");
    this.reading.className = "lanes-reading";
    this.reading.setAttribute("aria-live", "off");
    this.cursor = document.createElement("div");
    this.cursor.className = "lanes-cursor";
    this.cursor.setAttribute("aria-hidden", "true");
    this.prepend(this.reading);
    this.append(this.cursor);
    if (this.audio) this.player();
    for (const room of this.rooms()) this.listen(room);
    this.table();
    this.frame = new ResizeObserver(() => this.draw());
    this.frame.observe(this);
    this.draw();
  }

  disconnectedCallback() {
    this.audio?.pause();
    this.frame?.disconnect();
  }

  rooms() {
    return [...this.querySelectorAll(".lane:not(.lane-sound) .lane-room")];
  }

  player() {
    this.audio.controls = false;
    this.audio.hidden = true;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "play";
    this.button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>';
    this.button.addEventListener("click", () => this.toggle());
    this.querySelector("[data-transport]").replaceChildren(this.button);
    const room = this.querySelector("[data-wave]");
    this.wave = document.createElement("wave-form");
    this.wave.setAttribute("src", room.dataset.wave);
    this.wave.addEventListener("seek", (event) => this.seek(event.detail * this.seconds));
    room.append(this.wave);
    for (const name of ["play", "pause", "timeupdate", "seeked"]) this.audio.addEventListener(name, () => this.draw());
    this.audio.addEventListener("play", () => this.follow());
  }

  toggle() {
    if (this.audio.paused) play(this.audio);
    else this.audio.pause();
  }

  follow() {
    this.draw();
    if (!this.audio.paused && this.isConnected) requestAnimationFrame(() => this.follow());
  }

  listen(room) {
    const time = (event) => {
      const box = room.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.seconds;
    };
    room.addEventListener("pointermove", (event) => this.draw(time(event)));
    room.addEventListener("pointerleave", () => this.draw());
    room.addEventListener("click", (event) => this.seek(time(event)));
  }

  // In the table each time becomes a button, so that the keyboard reaches what the pointer does.
  table() {
    for (const cell of this.parentElement.querySelectorAll("[data-seek]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = cell.textContent;
      button.setAttribute("aria-label", `Go to ${cell.textContent}`);
      button.addEventListener("click", () => this.seek(Number(cell.dataset.seek)));
      if (this.audio) cell.replaceChildren(button);
    }
  }

  seek(seconds) {
    this.at = Math.min(this.seconds, Math.max(0, seconds));
    if (this.audio) this.audio.currentTime = this.at;
    this.draw();
  }

  // The pointer's time where there is one; else that of the player.
  draw(pointed) {
    const playing = this.audio?.currentTime ?? this.at ?? 0;
    const seconds = pointed ?? playing;
    const room = this.querySelector(".lane-scale .lane-room");
    const [first] = this.querySelectorAll(".lane-room");
    this.cursor.style.top = `${first.offsetTop}px`;
    this.cursor.style.height = `${room.offsetTop + room.offsetHeight - first.offsetTop}px`;
    this.cursor.style.left = `${room.offsetLeft + (room.offsetWidth * Math.min(seconds, this.seconds)) / this.seconds}px`;
    this.reading.textContent = [clock(seconds), ...this.heard(seconds)].join(" · ");
    if (!this.button) return;
    this.wave.show?.(playing / this.seconds);
    this.wave.setAttribute("aria-valuetext", this.reading.textContent);
    this.button.querySelector("path").setAttribute("d", this.audio.paused ? PLAY : PAUSE);
    this.button.setAttribute("aria-label", this.audio.paused ? "Play" : "Pause");
  }

  heard(seconds) {
    const words = [];
    const shares = {};
    for (const lane of this.querySelectorAll(".lane")) {
      const cell = [...lane.querySelectorAll("i")].find((one) => one.dataset.from <= seconds && seconds < one.dataset.to);
      if (!cell) continue;
      const share = Number(cell.style.getPropertyValue("--share"));
      const name = lane.querySelector(".lane-name").textContent;
      if (lane.classList.contains("lane-heat")) (shares[lane.dataset.of] ??= []).push([share, name]);
      else words.push(share < 1 ? `${cell.title} ${Math.round(100 * share)} %` : cell.title);
    }
    const strongest = Object.values(shares).flatMap((rows) =>
      rows.sort((a, b) => b[0] - a[0]).filter(([share]) => share >= HEARD).slice(0, STRONGEST));
    return [...words, ...strongest.map(([share, name]) => `${name} ${Math.round(100 * share)} %`)];
  }
});

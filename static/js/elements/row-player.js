// <row-player data-title>: plays a row of a list in place. The browser's controls become a button on the sleeve and, while
// it sounds, a line to seek on. At its end the next row goes on. A row that is moved on the page keeps playing.
import { clock, send } from "/static/js/http.js";
import { play } from "/static/js/playing.js";

const PLAY = "M8 5v14l11-7z";
const PAUSE = "M7 5h4v14H7zM13 5h4v14h-4z";
const HEARD = 0.5; // the share of a track after which it counts as played

customElements.define("row-player", class extends HTMLElement {
  connectedCallback() {
    this.others ??= (event) => event.detail !== this.audio && this.audio.pause();
    document.addEventListener("sound-starts", this.others);
    if (this.button) return;
    this.audio = this.querySelector("audio");
    this.audio.controls = false;
    this.audio.hidden = true;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.button.className = "tune-play";
    this.button.innerHTML = '<svg viewBox="0 0 24 24" aria-hidden="true"><path/></svg>';
    this.button.addEventListener("click", () => this.toggle());
    this.line = Object.assign(document.createElement("input"), { type: "range", className: "tune-line", min: 0, max: 1, step: "any", hidden: true });
    this.line.addEventListener("input", () => this.audio.duration && (this.audio.currentTime = this.line.value * this.audio.duration));
    this.append(this.button, this.line);
    for (const name of ["play", "pause", "timeupdate", "durationchange", "waiting", "playing"]) this.audio.addEventListener(name, () => this.draw());
    this.audio.addEventListener("ended", () => this.next());
    this.draw();
  }

  disconnectedCallback() {
    document.removeEventListener("sound-starts", this.others);
    queueMicrotask(() => this.isConnected || this.audio.pause());
  }

  get row() {
    return this.closest("[data-track]");
  }

  toggle() {
    if (!this.audio.paused) return this.audio.pause();
    return play(this.audio);
  }

  next() {
    const following = this.row?.nextElementSibling?.querySelector("row-player");
    if (following) following.toggle();
  }

  draw() {
    const { currentTime, duration, paused } = this.audio;
    const share = duration ? currentTime / duration : 0;
    this.row?.classList.toggle("sounding", !paused);
    this.button.querySelector("path").setAttribute("d", paused ? PLAY : PAUSE);
    this.button.setAttribute("aria-label", `${paused ? "Play" : "Pause"} ${this.dataset.title}`);
    this.line.hidden = paused && !currentTime;
    this.line.value = share;
    this.line.setAttribute("aria-label", `Position in ${this.dataset.title}`);
    this.line.setAttribute("aria-valuetext", clock(currentTime));
    this.line.style.setProperty("--share", share);
    if (share > HEARD && !this.told) this.tell();
  }

  // What was heard for the better half says something about taste, if less than a verdict.
  tell() {
    this.told = true;
    const headers = { "Content-Type": "application/json" };
    const body = JSON.stringify({ verdict: "played" });
    send(`/tracks/${this.row.dataset.track}/feedback`, { method: "POST", headers, body }).catch(() => null);
  }
});

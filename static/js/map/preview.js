// Plays a track from its middle while it is pointed at. Browsers allow sound only after a first click.
import { play } from "/static/js/playing.js";

const DWELL = 140; // ms a pointer must rest, so that a sweep over the map asks for nothing

export class Preview {
  constructor(host) {
    this.audio = Object.assign(document.createElement("audio"), { hidden: true, preload: "auto" });
    host.append(this.audio);
    this.audio.addEventListener("loadedmetadata", () => (this.audio.currentTime = this.audio.duration / 2));
    for (const name of ["play", "pause"]) this.audio.addEventListener(name, () => host.dispatchEvent(new CustomEvent("preview")));
  }

  get allowed() {
    return navigator.userActivation?.hasBeenActive ?? true;
  }

  get id() {
    return this.audio.paused ? null : this.current;
  }

  hover(id) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.allowed && this.hear(id), DWELL);
  }

  hear(id) {
    if (this.id === id) return;
    this.current = id;
    this.audio.src = `/tracks/${encodeURIComponent(id)}/audio?format=mp3`;
    play(this.audio).catch(() => null); // not allowed yet, or no sound: the map works without
  }

  stop() {
    clearTimeout(this.timer);
    this.audio.pause();
  }
}

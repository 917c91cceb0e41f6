// <stem-mixer>: asks for stems, then mixes them: mute, solo and volume a part. The first touch loads the parts; a
// "stems-loaded" event hands their player over, and "mix" tells which parts are silent. Both bubble.
import { fragment, send } from "/static/js/http.js";
import { StemPlayer } from "/static/js/stem-player.js";

customElements.define("stem-mixer", class extends HTMLElement {
  connectedCallback() {
    if (this.rows) return;
    this.rows = [...this.querySelectorAll(".stem")];
    if (this.rows.length) this.build();
    else this.querySelector("form").addEventListener("submit", (event) => this.order(event));
  }

  disconnectedCallback() {
    this.player?.pause();
  }

  async order(event) {
    event.preventDefault();
    event.target.querySelector("button").disabled = true;
    try {
      const job = await send(`/tracks/${this.dataset.track}/stems`, { method: "POST" });
      if (job.state === "done") return await this.renew();
      this.addEventListener("job-end", (end) => {
        // The page's own listeners wait for tracks.
        end.stopPropagation();
        if (end.detail.state === "done") this.renew();
        else this.say(end.detail.error ?? "This was cancelled.");
      });
      this.replaceChildren(await fragment(`/j/${job.id}?fragment=1`));
    } catch (error) {
      this.say(error.message);
    }
  }

  // The server's rows take the place of the button or the progress.
  async renew() {
    const page = await fragment(`/t/${this.dataset.track}?fragment=1`);
    this.replaceWith(page.querySelector("stem-mixer"));
  }

  say(text) {
    const words = document.createElement("p");
    words.className = "notice";
    words.setAttribute("role", "status");
    words.textContent = text;
    this.replaceChildren(words);
  }

  build() {
    this.status = this.querySelector("[data-status]");
    this.strips = this.rows.map((row, index) => this.strip(row, index));
    this.dispatchEvent(new CustomEvent("mixer-ready", { bubbles: true }));
  }

  strip(row, index) {
    row.querySelector("audio").remove();
    row.style.setProperty("--part", `var(--part-${row.dataset.part % 10})`);
    const { name } = row.dataset;
    const strip = { row, part: Number(row.dataset.part), muted: false, solo: false, volume: 1 };
    const mute = this.switch("M", `Mute ${name}`, () => (strip.muted = !strip.muted));
    const solo = this.switch("S", `Solo ${name}`, () => (strip.solo = !strip.solo));
    mute.classList.add("mute");
    solo.classList.add("solo");
    const volume = document.createElement("input");
    Object.assign(volume, { type: "range", min: 0, max: 1.5, step: 0.01, value: 1 });
    volume.setAttribute("aria-label", `Volume of ${name}`);
    volume.addEventListener("input", () => {
      strip.volume = Number(volume.value);
      volume.setAttribute("aria-valuetext", `${Math.round(100 * strip.volume)} %`);
      this.changed();
    });
    row.querySelector(".stem-name").after(mute, solo, volume);
    return strip;
  }

  switch(letter, name, flip) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = letter;
    button.title = name;
    button.setAttribute("aria-label", name);
    button.setAttribute("aria-pressed", false);
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", flip());
      this.changed();
    });
    return button;
  }

  // What each part sounds at: nothing where it is muted, or where others play solo.
  levels() {
    const solo = this.strips.some((strip) => strip.solo);
    return this.strips.map((strip) => (strip.muted || (solo && !strip.solo) ? 0 : strip.volume));
  }

  changed() {
    const silent = new Set();
    this.levels().forEach((level, index) => {
      const { row, part } = this.strips[index];
      row.dataset.level = level;
      row.classList.toggle("silent", level === 0);
      if (level === 0) silent.add(part);
      if (this.loaded) this.player.level(index, level);
    });
    this.dispatchEvent(new CustomEvent("mix", { detail: silent, bubbles: true }));
    if (!this.player) this.load();
  }

  async load() {
    const player = new StemPlayer(this.rows.map((row) => row.dataset.src), Number(this.dataset.seconds));
    this.player = player;
    const told = (count) => (this.status.textContent = `loading ${count} of ${this.rows.length}`);
    told(0);
    try {
      await player.load(told);
    } catch (error) {
      this.player = null;
      this.status.textContent = error.message;
      return;
    }
    this.loaded = true;
    this.status.textContent = "you hear the parts themselves";
    this.levels().forEach((level, index) => player.level(index, level));
    this.dispatchEvent(new CustomEvent("stems-loaded", { detail: player, bubbles: true }));
  }
});

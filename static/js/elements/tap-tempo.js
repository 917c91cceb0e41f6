// <tap-tempo for="id">: tap the beat; the median of the last gaps becomes the tempo.
const FORGET = 2500; // ms of silence after which a new count begins
const TAPS = 8;

customElements.define("tap-tempo", class extends HTMLElement {
  connectedCallback() {
    this.taps = [];
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "tap";
    button.title = "Tap the beat a few times";
    button.addEventListener("pointerdown", () => this.tap());
    button.addEventListener("keydown", (event) => {
      if (!event.repeat && (event.key === " " || event.key === "Enter")) this.tap();
    });
    this.replaceChildren(button);
  }

  tap() {
    const now = performance.now();
    if (this.taps.length && now - this.taps.at(-1) > FORGET) this.taps = [];
    this.taps = [...this.taps, now].slice(-TAPS);
    if (this.taps.length < 3) return;
    const gaps = this.taps.slice(1).map((time, index) => time - this.taps[index]).sort((a, b) => a - b);
    const field = document.getElementById(this.getAttribute("for"));
    const bpm = 60000 / gaps[Math.floor(gaps.length / 2)];
    field.value = Math.round(Math.min(field.max, Math.max(field.min, bpm)));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
});

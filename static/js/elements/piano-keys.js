// <piano-keys for="id">: three octaves of a piano that choose an option of a select whose values are MIDI pitches. A
// key that is pressed also gives a "key-press" event, so that the page can let it sound.
const BLACK = new Set([1, 3, 6, 8, 10]);
const WHITE_BEFORE = [0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6]; // white keys of the octave below each of its twelve keys
const OCTAVES = { wide: 3, narrow: 2 };
const LOWEST = 21;
const HIGHEST = 108;

customElements.define("piano-keys", class extends HTMLElement {
  connectedCallback() {
    if (this.field) return;
    this.field = document.getElementById(this.getAttribute("for"));
    this.narrow = matchMedia("(max-width: 40rem)");
    this.follow = () => this.build();
    this.narrow.addEventListener("change", this.follow);
    this.field.addEventListener("change", () => this.show());
    this.addEventListener("keydown", (event) => this.step(event));
    this.build();
  }

  disconnectedCallback() {
    this.narrow.removeEventListener("change", this.follow);
  }

  get pitch() {
    return Number(this.field.value);
  }

  get octaves() {
    return this.narrow.matches ? OCTAVES.narrow : OCTAVES.wide;
  }

  build() {
    this.first = this.firstFor(this.pitch);
    this.keys = document.createElement("div");
    this.keys.className = "piano";
    this.keys.setAttribute("role", "group");
    this.keys.setAttribute("aria-label", "Piano keys; arrow keys move by a semitone");
    this.replaceChildren(this.shift(-12, "‹", "An octave lower"), this.keys, this.shift(12, "›", "An octave higher"));
    this.draw();
  }

  // The C at which the shown octaves begin, so that a pitch lies among them.
  firstFor(pitch) {
    const first = 12 * Math.floor(pitch / 12) - 12 * Math.floor((this.octaves - 1) / 2);
    return Math.min(Math.max(first, 12), 108 - 12 * this.octaves);
  }

  shift(semitones, sign, label) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "piano-shift";
    button.textContent = sign;
    button.setAttribute("aria-label", label);
    button.addEventListener("click", () => {
      this.first = Math.min(Math.max(this.first + semitones, 12), 108 - 12 * this.octaves);
      this.draw();
    });
    return button;
  }

  draw() {
    const whites = 7 * this.octaves + 1;
    this.keys.style.setProperty("--whites", whites);
    const keys = [];
    for (let pitch = this.first; pitch <= this.first + 12 * this.octaves; pitch++) {
      const key = document.createElement("button");
      key.type = "button";
      key.dataset.pitch = pitch;
      key.disabled = pitch < LOWEST || pitch > HIGHEST;
      key.className = BLACK.has(pitch % 12) ? "piano-key black" : "piano-key white";
      const octave = Math.floor((pitch - this.first) / 12);
      key.style.setProperty("--place", 7 * octave + WHITE_BEFORE[pitch % 12]);
      const name = this.field.querySelector(`[value="${pitch}"]`)?.textContent ?? "";
      key.setAttribute("aria-label", name);
      if (pitch % 12 === 0) key.dataset.name = name;
      key.addEventListener("click", () => this.press(pitch));
      keys.push(key);
    }
    this.keys.replaceChildren(...keys);
    this.show();
  }

  press(pitch) {
    this.field.value = pitch;
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
    this.dispatchEvent(new CustomEvent("key-press", { detail: pitch, bubbles: true }));
  }

  // Only the chosen key is in the tab order; the arrows go on from there.
  step(event) {
    const move = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!move || !event.target.dataset.pitch) return;
    event.preventDefault();
    const pitch = Number(event.target.dataset.pitch) + move;
    if (pitch < LOWEST || pitch > HIGHEST) return;
    if (!this.keys.querySelector(`[data-pitch="${pitch}"]`)) {
      this.first += 12 * Math.sign(move);
      this.draw();
    }
    const key = this.keys.querySelector(`[data-pitch="${pitch}"]`);
    this.keys.querySelectorAll("[tabindex='0']").forEach((other) => (other.tabIndex = -1));
    key.tabIndex = 0;
    key.focus();
  }

  show() {
    const pitch = this.pitch;
    if (pitch < this.first || pitch > this.first + 12 * this.octaves) {
      this.first = this.firstFor(pitch);
      return this.draw();
    }
    for (const key of this.keys.children) {
      const chosen = Number(key.dataset.pitch) === pitch;
      key.setAttribute("aria-pressed", chosen);
      key.tabIndex = chosen ? 0 : -1;
    }
    return undefined;
  }
});

// <sound-recorder>: records from the microphone, showing level and time; tells of the recording by a "recorded" event
// with the blob.
import { clock } from "/static/js/http.js";
import { canRecord, Take } from "/static/js/microphone.js";

customElements.define("sound-recorder", class extends HTMLElement {
  connectedCallback() {
    if (!canRecord()) return;
    this.button = document.createElement("button");
    this.button.type = "button";
    this.level = document.createElement("meter");
    this.level.setAttribute("aria-label", "Level of the microphone");
    this.time = document.createElement("span");
    this.time.className = "recorded-time";
    this.button.addEventListener("click", () => (this.take ? this.take.stop() : this.start()));
    this.replaceChildren(this.button, this.level, this.time);
    this.draw();
  }

  disconnectedCallback() {
    this.take?.stop();
  }

  draw(text) {
    this.button.setAttribute("aria-pressed", Boolean(this.take));
    this.button.textContent = text ?? (this.take ? "Stop recording" : "Record");
    this.level.hidden = this.time.hidden = !this.take;
  }

  async start() {
    try {
      this.take = await Take.open();
    } catch {
      this.draw("No microphone");
      return;
    }
    const sound = this.take.record();
    this.draw();
    this.follow();
    const detail = await sound;
    this.take = null;
    this.draw();
    this.dispatchEvent(new CustomEvent("recorded", { detail, bubbles: true }));
  }

  follow() {
    if (!this.take) return;
    this.time.textContent = clock(this.take.seconds);
    this.level.value = this.take.level;
    requestAnimationFrame(() => this.follow());
  }
});

// <go-on data-track data-bars>: asks for an extension, a variation, new bars or an arrangement without leaving the page,
// shows its real progress, and goes to the new track. While bars are to be chosen, they can be drawn on the piano roll.
import { ApiError, fragment, send } from "/static/js/http.js";

customElements.define("go-on", class extends HTMLElement {
  connectedCallback() {
    if (this.ways) return;
    this.ways = [...this.querySelectorAll(".way")];
    this.going = this.querySelector("[data-going]");
    this.addEventListener("submit", (event) => event.target.closest(".way") && this.ask(event));
    this.addEventListener("job-end", (event) => this.end(event));
    this.bars();
  }

  async ask(event) {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button[type=submit]");
    this.say(form, "");
    button.disabled = true;
    try {
      const job = await send(form.action, { method: "POST", body: new FormData(form) });
      await this.show(job.id);
      this.going.scrollIntoView({ block: "center", behavior: "smooth" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.say(form, error.plain);
    } finally {
      button.disabled = false;
    }
  }

  say(form, text) {
    const place = form.querySelector("[data-form-error]");
    place.textContent = text;
    place.hidden = !text;
  }

  async show(id) {
    this.going.replaceChildren(await fragment(`/j/${id}?fragment=1`));
  }

  async end(event) {
    // The page's own listeners wait for other jobs.
    event.stopPropagation();
    const job = event.detail;
    if (job.state === "done" && job.result.track) location.assign(`/t/${job.result.track.id}`);
    else await this.show(job.id);
  }

  // The two fields and the marked bars of the roll say the same.
  bars() {
    const way = this.querySelector('[data-task="infill"]');
    const fields = [way.querySelector("[name=first]"), way.querySelector("[name=last]")];
    const above = Object.assign(document.createElement("a"), { href: "#roll", textContent: "the piano roll" });
    way.querySelector("[data-roll-hint]").replaceChildren("Drag over ", above, `, or give the bars: 1 to ${this.dataset.bars}.`);
    const mark = () => {
      const roll = document.querySelector("piano-roll");
      if (roll) roll.id = "roll";
      roll?.mark(way.open ? fields.map((field) => Number(field.value)) : null, Number(this.dataset.bars));
    };
    way.addEventListener("toggle", mark);
    fields.forEach((field) => field.addEventListener("input", mark));
    document.addEventListener("roll-ready", mark);
    document.addEventListener("bars-marked", (event) => {
      fields.forEach((field, index) => (field.value = event.detail[index]));
      this.say(way.querySelector("form"), "");
    });
  }
});

// <song-maker data-track>: asks for a song around a melody without leaving the page, and shows its progress and its card.
import { ApiError, fragment, send } from "/static/js/http.js";

customElements.define("song-maker", class extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.place = this.querySelector("[data-song]");
    this.form.addEventListener("submit", (event) => this.ask(event));
    this.place.addEventListener("job-end", (event) => {
      // The page's own listeners wait for other jobs.
      event.stopPropagation();
      this.show(event.detail.id);
    });
  }

  async ask(event) {
    event.preventDefault();
    const button = this.form.querySelector("button[type=submit]");
    this.say("");
    button.disabled = true;
    try {
      const genre = new FormData(this.form).get("genre");
      const body = JSON.stringify({ genre, source: { task: "arrange", track_id: this.dataset.track } });
      const job = await send("/generate", { method: "POST", body, headers: { "Content-Type": "application/json" } });
      await this.show(job.id);
      this.place.scrollIntoView({ block: "nearest", behavior: "smooth" });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.say(error.plain);
    } finally {
      button.disabled = false;
    }
  }

  async show(id) {
    this.place.replaceChildren(await fragment(`/j/${id}?fragment=1`));
  }

  say(text) {
    const place = this.querySelector("[data-form-error]");
    place.textContent = text;
    place.hidden = !text;
  }
});

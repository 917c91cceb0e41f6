// <track-opinion>: sends like and dislike without leaving the page. All buttons of the track on the page follow, and a
// "library-news" event tells those who show what was liked.
import { ApiError, send } from "/static/js/http.js";

customElements.define("track-opinion", class extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => this.say(event));
    this.follow = (event) => event.detail.form === this.form.getAttribute("action") && this.draw(event.detail.verdict);
    document.addEventListener("opinion", this.follow);
  }

  async say(event) {
    event.preventDefault();
    const action = this.form.getAttribute("action");
    const body = new FormData(this.form, event.submitter);
    try {
      const { verdict } = await send(action, { method: "POST", body });
      document.dispatchEvent(new CustomEvent("opinion", { detail: { form: action, verdict } }));
      document.dispatchEvent(new CustomEvent("library-news", { detail: { parts: ["for-you"] } }));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      event.submitter.title = error.message;
    }
  }

  draw(verdict) {
    for (const button of this.form.querySelectorAll("[data-verdict]")) {
      const said = button.dataset.verdict === verdict;
      button.setAttribute("aria-pressed", said);
      button.value = said ? "forget" : button.dataset.verdict;
    }
  }
});

// <live-form data-parts="ids">: a form that asks for a page by GET shows its answer at once: the named parts of the page are
// put in place of those that are there, and the address follows. Rows that are sounding go on.
// A "library-news" event (detail.parts, or all) or news of a live-list has the parts fetched again.
import { ApiError, fragment } from "/static/js/http.js";

const REST = 200; // ms without another letter before a search is sent

customElements.define("live-form", class extends HTMLElement {
  connectedCallback() {
    this.parts = this.dataset.parts.split(" ");
    this.form = this.querySelector("form");
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.form.addEventListener("input", (event) => this.typed(event));
    this.news = (event) => {
      const parts = this.parts.filter((id) => !event.detail?.parts || event.detail.parts.includes(id));
      if (parts.length) this.load(location.href, parts);
    };
    document.addEventListener("library-news", this.news);
    document.addEventListener("list-news", this.news);
  }

  disconnectedCallback() {
    document.removeEventListener("library-news", this.news);
    document.removeEventListener("list-news", this.news);
  }

  typed(event) {
    const output = event.target.id && this.form.querySelector(`output[for="${CSS.escape(event.target.id)}"]`);
    if (output) output.value = event.target.value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), ["search", "range", "number"].includes(event.target.type) ? REST : 0);
  }

  ask() {
    clearTimeout(this.timer);
    const given = [...new FormData(this.form)].filter(([, value]) => value !== "" && typeof value === "string");
    const address = new URL(this.form.action);
    address.search = new URLSearchParams(given);
    history.replaceState(null, "", address);
    return this.load(address, this.parts);
  }

  async load(address, parts) {
    const asked = (this.asked = {});
    document.documentElement.toggleAttribute("data-loading", true);
    try {
      const page = await fragment(address);
      if (asked === this.asked) parts.forEach((id) => swap(id, page.getElementById(id)));
    } catch (error) {
      if (!(error instanceof ApiError || error instanceof TypeError)) throw error;
    } finally {
      document.documentElement.toggleAttribute("data-loading", false);
    }
  }
});

function swap(id, fresh) {
  const old = document.getElementById(id);
  if (!old || !fresh) return;
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const { id: focused, name, value } = focus ?? {};
  const unfolded = [...old.querySelectorAll("details")].map((part) => part.open);
  fresh.querySelectorAll("details").forEach((part, index) => (part.open ||= unfolded[index] ?? false));
  const sounding = [...old.querySelectorAll("row-player")].find((player) => !player.audio?.paused);
  const place = sounding && fresh.querySelector(`[data-track="${CSS.escape(sounding.row.dataset.track)}"] row-player`);
  if (place) {
    // It must be in the document before and after within one task, or the sound would stop.
    old.after(fresh);
    place.replaceWith(sounding);
    sounding.draw();
    old.remove();
  } else {
    old.replaceWith(fresh);
  }
  const again = focused ? document.getElementById(focused)
    : name && [...fresh.querySelectorAll(`[name="${CSS.escape(name)}"]`)].find((field) => field.value === value);
  if (focus && again) again.focus({ preventScroll: true });
}

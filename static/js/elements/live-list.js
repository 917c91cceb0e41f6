// <live-list data-src data-pause>: keeps a server-rendered list fresh. The list changes only when the server has news,
// and a "list-news" event tells of it.
const PAUSE = 800;

customElements.define("live-list", class extends HTMLElement {
  connectedCallback() {
    this.addEventListener("submit", (event) => this.act(event));
    this.next();
  }

  disconnectedCallback() {
    clearTimeout(this.timer);
  }

  next() {
    const pause = Number(this.dataset.pause) || PAUSE;
    this.timer = setTimeout(() => this.refresh().finally(() => this.isConnected && this.next()), pause);
  }

  async refresh() {
    if (document.hidden || this.contains(document.activeElement?.closest("form"))) return;
    const headers = { Accept: "text/html", ...(this.etag ? { "If-None-Match": this.etag } : {}) };
    const response = await fetch(this.dataset.src, { headers, cache: "no-store" }).catch(() => null);
    if (response?.status !== 200) return;
    this.etag = response.headers.get("ETag");
    const text = await response.text();
    const before = this.innerHTML;
    this.innerHTML = text;
    if (this.innerHTML !== before) this.dispatchEvent(new CustomEvent("list-news", { bubbles: true }));
  }

  async act(event) {
    event.preventDefault();
    const form = event.target;
    document.activeElement?.blur();
    await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
    await this.refresh();
  }
});

// <sheet-music data-page data-pages>: the pages of a score as pictures; data-page is the address of a page, with {page} in
// it. Shows fresh pages while notes are edited and prints the score alone.
const MOST = 60; // pages

customElements.define("sheet-music", class extends HTMLElement {
  connectedCallback() {
    if (this.leaves) return;
    this.leaves = this.querySelector("[data-leaves]");
    this.print = this.querySelector("[data-print]");
    this.print.hidden = false;
    this.print.addEventListener("click", () => this.printed());
    this.fill(Number(this.dataset.pages) || 1);
  }

  disconnectedCallback() {
    this.forget();
  }

  // Every page as the server keeps it.
  fill(pages) {
    this.forget();
    this.pages = Math.min(pages, MOST);
    const shown = this.leaves.querySelectorAll("img").length;
    if (shown !== this.pages || this.fresh) {
      this.leaves.replaceChildren(...Array.from({ length: this.pages }, (_, index) => this.leaf(this.dataset.page.replace("{page}", index + 1), index + 1, this.pages)));
    }
    this.fresh = false;
    this.say("");
  }

  leaf(address, page, pages) {
    const picture = new Image();
    picture.src = address;
    picture.alt = `Sheet music, page ${page} of ${pages}`;
    if (page > 1) picture.loading = "lazy";
    return picture;
  }

  // A first page that is not kept anywhere, as SVG. In a picture nothing in it can act.
  async show(svg, pages) {
    const address = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
    const picture = this.leaf(address, 1, pages);
    const turn = (this.turn = {});
    await picture.decode().catch(() => null);
    if (turn !== this.turn) return URL.revokeObjectURL(address);
    const before = this.address;
    this.leaves.replaceChildren(picture);
    if (before) URL.revokeObjectURL(before);
    this.address = address;
    this.fresh = true;
    return this.say(pages > 1 ? `Page 1 of ${pages}; the others follow when the notes are played.` : "");
  }

  forget() {
    this.turn = null;
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = null;
  }

  say(text) {
    this.querySelector("[data-leaves-said]").textContent = text;
  }

  // Copies of the pages stand alone in the document while it is printed.
  async printed() {
    const paper = document.createElement("div");
    paper.className = "print-sheet";
    paper.append(...[...this.leaves.querySelectorAll("img")].map((picture) => Object.assign(picture.cloneNode(), { loading: "eager" })));
    document.body.append(paper);
    await Promise.all([...paper.children].map((picture) => picture.decode().catch(() => null)));
    window.addEventListener("afterprint", () => paper.remove(), { once: true });
    window.print();
  }
});

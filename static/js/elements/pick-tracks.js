// <pick-tracks>: counts the ticked rows around a form that makes a playlist, and keeps what was ticked when other rows are
// shown, so that a playlist can be gathered over several searches.
const chosen = new Set();

customElements.define("pick-tracks", class extends HTMLElement {
  connectedCallback() {
    if (this.bar) return;
    this.bar = this.querySelector(".picked");
    this.form = this.bar.querySelector("form");
    this.hint = this.bar.querySelector("[data-picked]");
    this.hint.setAttribute("role", "status");
    for (const box of this.boxes) box.checked = box.checked || chosen.has(box.value);
    this.addEventListener("change", (event) => event.target.name === "track_ids" && this.note());
    this.form.addEventListener("submit", () => this.complete());
    this.note();
  }

  get boxes() {
    return [...this.querySelectorAll("input[name=track_ids][type=checkbox]")];
  }

  note() {
    for (const box of this.boxes) chosen[box.checked ? "add" : "delete"](box.value);
    this.bar.classList.toggle("some", chosen.size > 0);
    this.hint.textContent = chosen.size
      ? `${chosen.size} track${chosen.size === 1 ? "" : "s"} ticked`
      : "Tick tracks to put them into a playlist.";
  }

  // Ticked rows of other searches are not on the page any more.
  complete() {
    this.form.querySelectorAll("input[type=hidden][name=track_ids]").forEach((field) => field.remove());
    const here = new Set(this.boxes.map((box) => box.value));
    for (const value of chosen) {
      if (!here.has(value)) this.form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "track_ids", value }));
    }
  }
});

// <tempo-choice>: the other ways to count a tempo become buttons; the one that is pressed is shown large, and the link
// that makes a track like this one follows.
const SLOWEST = 40; // BPM that Create takes
const FASTEST = 220;

customElements.define("tempo-choice", class extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector(".readings");
    if (!this.list || this.buttons) return;
    const shown = this.querySelector("[data-shown]").textContent;
    this.buttons = [...this.list.querySelectorAll("li")].map((item) => this.button(item));
    const first = document.createElement("li");
    first.dataset.bpm = shown;
    first.innerHTML = "<b></b> <span>as found</span>";
    first.firstElementChild.textContent = shown;
    this.list.prepend(first);
    this.buttons.unshift(this.button(first));
    this.choose(this.buttons[0]);
  }

  button(item) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.bpm = item.dataset.bpm;
    button.append(...item.childNodes);
    button.addEventListener("click", () => this.choose(button));
    item.append(button);
    return button;
  }

  choose(chosen) {
    for (const button of this.buttons) button.setAttribute("aria-pressed", button === chosen);
    const bpm = Number(chosen.dataset.bpm);
    this.querySelector("[data-shown]").textContent = bpm;
    const link = this.closest(".analysis")?.querySelector("[data-make]");
    if (!link) return;
    const address = new URL(link.href);
    if (bpm >= SLOWEST && bpm <= FASTEST) address.searchParams.set("tempo", bpm);
    else address.searchParams.delete("tempo");
    link.href = address.pathname + address.search;
  }
});

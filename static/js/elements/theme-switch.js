// <theme-switch>: a button between light and dark, remembered on this machine.
customElements.define("theme-switch", class extends HTMLElement {
  connectedCallback() {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => this.set(this.theme === "dark" ? "light" : "dark"));
    this.replaceChildren(button);
    this.draw();
  }

  get theme() {
    return document.documentElement.dataset.theme;
  }

  set(theme) {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem("theme", theme);
    this.draw();
    document.dispatchEvent(new CustomEvent("theme-change"));
  }

  draw() {
    const dark = this.theme === "dark";
    this.firstChild.textContent = dark ? "☀" : "☾";
    this.firstChild.setAttribute("aria-label", dark ? "Switch to light colours" : "Switch to dark colours");
  }
});

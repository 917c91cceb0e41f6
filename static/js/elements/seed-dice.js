// <seed-dice for="id">: puts a fresh seed into a field.
customElements.define("seed-dice", class extends HTMLElement {
  connectedCallback() {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "⚄";
    button.setAttribute("aria-label", "Draw a seed");
    button.addEventListener("click", () => {
      const field = document.getElementById(this.getAttribute("for"));
      field.value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
    });
    this.replaceChildren(button);
  }
});

// <file-drop>: lets a file be dropped onto the field it surrounds.
customElements.define("file-drop", class extends HTMLElement {
  connectedCallback() {
    const over = (event, inside) => {
      event.preventDefault();
      this.toggleAttribute("data-over", inside);
    };
    this.addEventListener("dragover", (event) => over(event, true));
    this.addEventListener("dragleave", (event) => over(event, false));
    this.addEventListener("drop", (event) => {
      over(event, false);
      if (!event.dataTransfer.files.length) return;
      const field = this.querySelector("input[type=file]");
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });
  }
});

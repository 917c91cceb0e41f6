// <bulk-upload data-limit>: sends many files in small batches, with the share that has really been sent, and names each file
// that was refused with the reason. Folders can be chosen or dropped. Without it the form inside sends all files at once.
import { filesOf } from "/static/js/dropped.js";

const BATCH = 6;
const NO_SOUND = /^(image|text|font)\/|pdf|zip/;
const MEGA = 1e6;

customElements.define("bulk-upload", class extends HTMLElement {
  connectedCallback() {
    if (this.form) return;
    this.form = this.querySelector("form");
    this.field = this.form.querySelector("input[type=file]");
    this.place = this.querySelector("[data-progress]");
    this.drop = this.querySelector(".drop");
    this.limit = Number(this.dataset.limit);
    this.form.querySelector("button[type=submit]").hidden = true;
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.field.addEventListener("change", () => this.take([...this.field.files]));
    this.buttons();
    for (const [name, inside] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
      this.drop.addEventListener(name, (event) => {
        event.preventDefault();
        this.drop.toggleAttribute("data-over", inside);
      });
    }
    this.drop.addEventListener("drop", async (event) => this.take(await filesOf(event.dataTransfer)));
  }

  // One for files and one for a folder; what was chosen is sent at once, so the fields themselves need not be seen.
  buttons() {
    const folder = Object.assign(document.createElement("input"), { type: "file", multiple: true, webkitdirectory: true });
    folder.addEventListener("change", () => this.take([...folder.files]));
    const row = Object.assign(document.createElement("div"), { className: "drop-buttons" });
    for (const [field, textContent] of [[this.field, "Choose files"], [folder, "Choose a folder"]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent });
      button.addEventListener("click", () => field.click());
      field.hidden = true;
      row.append(button);
    }
    this.field.after(folder, row);
  }

  // Each call adds to what is being sent.
  async take(files) {
    if (!files.length) return;
    const idle = !this.queue?.length && !this.sending;
    if (idle) Object.assign(this, { queue: [], total: 0, size: 0, done: 0, sent: 0, added: 0, refused: [] });
    for (const file of files) {
      this.total += 1;
      const reason = this.refusal(file);
      if (reason) this.refuse(file, reason);
      else {
        this.size += file.size;
        this.queue.push(file);
      }
    }
    this.draw(0);
    if (idle) await this.run();
  }

  refusal(file) {
    if (file.name.startsWith(".") || NO_SOUND.test(file.type)) return "This is no sound.";
    return file.size > this.limit ? `The file is larger than ${Math.round(this.limit / MEGA)} MB.` : null;
  }

  refuse(file, reason) {
    this.done += 1;
    this.refused.push([file.webkitRelativePath || file.name, reason]);
  }

  async run() {
    this.sending = true;
    this.field.disabled = true;
    while (this.queue.length) {
      const batch = this.batch();
      const size = batch.reduce((sum, file) => sum + file.size, 0);
      const outcomes = await this.send(batch, (share) => this.draw(share * size));
      outcomes.forEach((reason, index) => (reason ? this.refuse(batch[index], reason) : ((this.done += 1), (this.added += 1))));
      this.sent += size;
      this.draw(0);
      document.dispatchEvent(new CustomEvent("library-news"));
    }
    this.sending = false;
    this.field.disabled = false;
    this.field.value = "";
    this.draw(0);
    this.dispatchEvent(new CustomEvent("upload-end", { bubbles: true, detail: { added: this.added, refused: this.refused.length } }));
  }

  batch() {
    const batch = [this.queue.shift()];
    let size = batch[0].size;
    while (batch.length < BATCH && this.queue.length && size + this.queue[0].size < this.limit) {
      size += this.queue[0].size;
      batch.push(this.queue.shift());
    }
    return batch;
  }

  // For each file the reason why it was refused, or null. XMLHttpRequest, because fetch does not tell how much was sent.
  send(batch, onShare) {
    const body = new FormData();
    for (const file of batch) body.append("files", file, file.name);
    return new Promise((resolve) => {
      const request = new XMLHttpRequest();
      request.open("POST", "/tracks");
      request.setRequestHeader("Accept", "application/json");
      request.responseType = "json";
      request.upload.addEventListener("progress", (event) => onShare(event.loaded / event.total));
      request.addEventListener("load", () => {
        const answer = request.response;
        if (answer?.outcomes) return resolve(answer.outcomes.map((outcome) => outcome.error?.message ?? null));
        return resolve(batch.map(() => answer?.error?.message ?? `The server answered ${request.status}.`));
      });
      request.addEventListener("error", () => resolve(batch.map(() => "It could not be sent. Is Tunesmith still running?")));
      request.send(body);
    });
  }

  draw(extra) {
    if (!this.place.querySelector(".meter")) {
      this.place.innerHTML = '<div class="meter" role="progressbar" aria-valuemin="0" aria-valuemax="100" aria-label="Sent"><span class="meter-fill"></span></div><p class="upload-sum"></p><ul class="refused"></ul>';
    }
    const share = this.size ? Math.min(1, (this.sent + extra) / this.size) : 1;
    const meter = this.place.querySelector(".meter");
    meter.hidden = !this.sending && this.done === this.total;
    meter.setAttribute("aria-valuenow", Math.round(100 * share));
    meter.firstElementChild.style.setProperty("--share", share);
    const many = `${this.total} file${this.total === 1 ? "" : "s"}`;
    const { done, total, added, refused } = this;
    const kept = refused.length ? `, ${refused.length} refused` : "";
    this.place.querySelector(".upload-sum").textContent = done < total ? `${done} of ${many} taken in${kept}` : `${added} of ${many} added${kept}.`;
    const list = this.place.querySelector(".refused");
    for (const [name, reason] of refused.slice(list.children.length)) {
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("b"), { textContent: name }), ` ${reason}`);
      list.append(item);
    }
  }
});

// <job-progress data-job>: draws a job's real progress; tells of its end by a "job-end" event with the job.
import { follow } from "/static/js/poll.js";
import { send } from "/static/js/http.js";

customElements.define("job-progress", class extends HTMLElement {
  connectedCallback() {
    if (!["queued", "running"].includes(this.dataset.state)) return;
    this.stop = new AbortController();
    this.querySelector("form").addEventListener("submit", (event) => this.cancel(event));
    follow(this.dataset.job, (job) => this.draw(job), this.stop.signal)
      .then((job) => job && this.dispatchEvent(new CustomEvent("job-end", { detail: job, bubbles: true })))
      .catch((error) => this.say(error.message));
  }

  disconnectedCallback() {
    this.stop?.abort();
  }

  async cancel(event) {
    event.preventDefault();
    this.querySelector("[data-cancel]").disabled = true;
    await send(`/jobs/${this.dataset.job}`, { method: "DELETE" }).catch((error) => this.say(error.message));
  }

  draw(job) {
    const percent = Math.round(100 * job.progress);
    const meter = this.querySelector(".meter");
    meter.setAttribute("aria-valuenow", percent);
    meter.firstElementChild.style.setProperty("--share", job.progress);
    const waiting = job.position ? `waiting, number ${job.position} in line` : "waiting";
    this.querySelector("[data-stage]").textContent = job.state === "queued" ? waiting : job.stage;
    this.querySelector("[data-percent]").textContent = `${percent} %`;
    this.say(job.notice);
  }

  say(text) {
    const notice = this.querySelector("[data-notice]");
    notice.textContent = text ?? "";
    notice.hidden = !text;
  }
});

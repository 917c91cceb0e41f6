// The Listen page: sends a file or a recording with real upload progress, then shows what was heard.
import { ApiError, fragment } from "/static/js/http.js";
import { recordingName } from "/static/js/microphone.js";
import { upload } from "/static/js/upload.js";

const form = document.getElementById("listen-form");
if (form) start();

function start() {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    if (file) analyse(file, file.name);
    else showError("Choose a sound file first.");
  });
  form.elements.file.addEventListener("change", () => {
    const file = form.elements.file.files[0];
    if (file) analyse(file, file.name);
  });
  form.addEventListener("recorded", (event) => analyse(event.detail, recordingName(event.detail)));
  document.getElementById("findings").addEventListener("job-end", (event) => show(event.detail.id));
}

async function analyse(blob, name) {
  form.querySelectorAll(".field-error, [data-form-error]").forEach((place) => (place.hidden = true));
  try {
    const job = await sent(blob, name);
    await show(job.id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError(error.message);
  }
}

async function sent(blob, name) {
  const sending = form.querySelector(".sending");
  const fill = sending.querySelector(".meter-fill");
  const body = new FormData();
  body.append("file", blob, name);
  sending.hidden = false;
  try {
    return await upload("/classify", body, (share) => fill.style.setProperty("--share", share));
  } finally {
    sending.hidden = true;
  }
}

async function show(id) {
  const findings = document.getElementById("findings");
  findings.replaceChildren(await fragment(`/j/${id}?fragment=1`));
  // Said once, in one sentence: the findings themselves would be read out from end to end.
  document.querySelector("[data-said][role=status]").textContent = findings.querySelector(".analysis")?.dataset.said ?? "";
  findings.scrollIntoView({ block: "nearest", behavior: "smooth" });
}

function showError(message) {
  const place = form.querySelector("[data-error-for=file]");
  place.textContent = message;
  place.hidden = false;
}

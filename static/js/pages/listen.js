// The Listen page: sends a file or a recording with real upload progress, then shows what was heard.
import { ApiError, fragment } from "/static/js/http.js";

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
  form.addEventListener("recorded", (event) => analyse(event.detail, "recording.webm"));
  document.getElementById("findings").addEventListener("job-end", (event) => show(event.detail.id));
}

async function analyse(blob, name) {
  form.querySelectorAll(".field-error, [data-form-error]").forEach((place) => (place.hidden = true));
  try {
    const job = await upload(blob, name);
    await show(job.id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError(error.message);
  }
}

// XMLHttpRequest, because fetch does not tell how much has been sent.
function upload(blob, name) {
  const sending = form.querySelector(".sending");
  const fill = sending.querySelector(".meter-fill");
  const body = new FormData();
  body.append("file", blob, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/classify");
    request.setRequestHeader("Accept", "application/json");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => fill.style.setProperty("--share", event.loaded / event.total));
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(new ApiError(request.response?.error ?? { message: `The server answered ${request.status}.` }));
    });
    request.addEventListener("error", () => reject(new ApiError({ message: "The file could not be sent." })));
    request.addEventListener("loadend", () => (sending.hidden = true));
    fill.style.setProperty("--share", 0);
    sending.hidden = false;
    request.send(body);
  });
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

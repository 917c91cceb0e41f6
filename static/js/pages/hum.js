// The Hum page: sends a recording or a file with real upload progress, then shows what was made of it.
import { ApiError, fragment } from "/static/js/http.js";
import { recordingName } from "/static/js/microphone.js";
import { upload } from "/static/js/upload.js";

const form = document.getElementById("hum-form");
const place = document.getElementById("hum-result");
let latest = null; // what was sung last, so that it can be written down by other rules

if (form) start();
document.addEventListener("hum-rendered", (event) => keep(event.detail.id, event.detail.result.track.id));

function start() {
  // What is recorded or chosen is written down at once; the button is for the same sound by other rules.
  const again = form.querySelector("button[type=submit]");
  again.parentElement.hidden = !again.disabled;
  again.textContent = "Write it down again";
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const file = form.elements.file.files[0];
    if (file) latest = { blob: file, name: file.name, beat: {} };
    if (latest) write();
    else showError({ field: "file", plain: "Record something, or choose a file first." });
  });
  form.elements.file.addEventListener("change", () => {
    const file = form.elements.file.files[0];
    if (file) take({ blob: file, name: file.name, beat: {} });
  });
  form.addEventListener("take", (event) => {
    const { blob, ...beat } = event.detail;
    form.elements.file.value = "";
    const when = new Date().toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
    take({ blob, name: recordingName(blob), beat, named: `Sung on ${when}` });
  });
  form.addEventListener("input", (event) => showValue(event.target));
  place.addEventListener("job-end", (event) => show(event.detail.id));
}

function take(sung) {
  latest = sung;
  form.querySelector(".go").hidden = false;
  return write();
}

async function write() {
  hideErrors();
  try {
    const job = await sent(latest);
    await show(job.id);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError(error);
  }
}

async function sent({ blob, name, beat, named }) {
  const sending = form.querySelector(".sending");
  const fill = sending.querySelector(".meter-fill");
  const body = new FormData();
  for (const [field, value] of new FormData(form)) if (field !== "file" && value !== "") body.append(field, value);
  // What the metronome knows counts more than what was written into a field.
  if (beat.tempo) {
    body.set("tempo", beat.tempo);
    body.set("downbeat", beat.downbeat.toFixed(4));
    body.set("constant_tempo", "true");
  }
  if (named && !body.has("title")) body.set("title", named);
  body.append("file", blob, name);
  sending.hidden = false;
  try {
    return await upload("/transcribe", body, (share) => fill.style.setProperty("--share", share));
  } finally {
    sending.hidden = true;
  }
}

async function show(id) {
  place.replaceChildren(await fragment(`/j/${id}?fragment=1`));
  place.scrollIntoView({ block: place.querySelector("hum-studio") ? "start" : "nearest", behavior: "smooth" });
  const notes = place.querySelectorAll("[data-notes] tr").length;
  if (!place.querySelector("hum-studio")) return;
  document.querySelector("[data-hum-said]").textContent = `Written down: ${notes} note${notes === 1 ? "" : "s"}.`;
  keep(id);
  const page = await fragment("/hum");
  document.getElementById("hum-recent").replaceWith(page.getElementById("hum-recent"));
}

// The address leads to what is shown, so that it is there again when the page is loaded anew. A job and a track have pages of
// their own that show it, too.
function keep(job, track) {
  const { pathname } = location;
  const address = pathname.startsWith("/j/") ? `/j/${job}` : pathname.startsWith("/t/") ? `/t/${track}` : `/hum?job=${job}`;
  history.replaceState(null, "", address);
}

function showValue(field) {
  const output = field.id && form.querySelector(`output[for="${CSS.escape(field.id)}"]`);
  if (output) output.value = `${Math.round(100 * field.value)} %`;
  hideErrors(field.name);
}

function showError(error) {
  const target = (error.field && form.querySelector(`[data-error-for="${CSS.escape(error.field)}"]`)) || form.querySelector("[data-form-error]");
  target.textContent = error.plain;
  target.hidden = false;
  target.closest("details")?.setAttribute("open", "");
  target.scrollIntoView({ block: "center" });
}

function hideErrors(name) {
  const own = name ? `[data-error-for="${CSS.escape(name)}"]` : ".field-error";
  form.querySelectorAll(`${own}, [data-form-error]`).forEach((target) => (target.hidden = true));
}

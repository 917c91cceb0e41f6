// The Notes page: a note is made without leaving the page and played when it is there; a piano key does the same.
import { ApiError, fragment, send } from "/static/js/http.js";

const form = document.getElementById("note-form");
const CONTRARY = { bright: "dark", dark: "bright", fast_decay: "long_release", long_release: "fast_decay" };
const made = new Map(); // what was asked for -> the job that answers it
let latest = 0;

if (form) start();

function start() {
  const seed = form.elements.seed;
  // One timbre all over the keyboard, until another seed is drawn.
  if (!seed.value) seed.value = crypto.getRandomValues(new Uint32Array(1))[0] % 1_000_000;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    await make();
    document.getElementById("note").scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  form.addEventListener("key-press", () => make());
  form.addEventListener("input", (event) => hideErrors(event.target.name));
  form.addEventListener("change", (event) => event.target.name === "qualities" && event.target.checked && withoutContrary(event.target));
  form.elements.velocity.addEventListener("input", () => (form.querySelector("output[for=velocity]").value = form.elements.velocity.value));
  document.getElementById("note").addEventListener("job-end", (event) => show(event.detail.id, latest));
}

function withoutContrary(box) {
  const other = form.querySelector(`[name=qualities][value="${CONTRARY[box.value] ?? ""}"]`);
  if (other) other.checked = false;
}

function asked() {
  const data = new FormData(form);
  const seed = data.get("seed").trim();
  return {
    family: data.get("family"),
    source: data.get("source"),
    qualities: data.getAll("qualities"),
    pitch: Number(data.get("pitch")),
    velocity: Number(data.get("velocity")),
    ...(seed ? { seed: /^\d+$/.test(seed) ? Number(seed) : seed } : {}),
  };
}

// Several keys may be pressed before the first note is there; the last one is shown.
async function make() {
  const turn = ++latest;
  hideErrors();
  form.setAttribute("aria-busy", "true");
  const body = JSON.stringify(asked());
  try {
    let id = made.get(body);
    if (!id) {
      const job = await send("/notes?wait=10", { method: "POST", body, headers: { "Content-Type": "application/json" } });
      id = job.id;
      if (job.state === "done" && "seed" in JSON.parse(body)) made.set(body, id);
    }
    await show(id, turn);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError(error);
  } finally {
    if (turn === latest) form.removeAttribute("aria-busy");
  }
}

async function show(id, turn) {
  const card = await fragment(`/j/${id}?fragment=1`);
  if (turn !== latest) return;
  const place = document.getElementById("note");
  place.replaceChildren(card);
  const title = place.querySelector(".track-title");
  if (!title) return;
  document.querySelector("[data-note-said]").textContent = `${title.textContent} is ready.`;
  const player = place.querySelector("track-player");
  player?.toggle?.();
}

function showError(error) {
  const name = error.field?.split(".")[0];
  const place = (name && form.querySelector(`[data-error-for="${CSS.escape(name)}"]`)) || form.querySelector("[data-form-error]");
  place.textContent = error.plain;
  place.hidden = false;
  place.scrollIntoView({ block: "center" });
}

function hideErrors(name) {
  const own = name ? `[data-error-for="${CSS.escape(name)}"]` : ".field-error";
  form.querySelectorAll(`${own}, [data-form-error]`).forEach((place) => (place.hidden = true));
}

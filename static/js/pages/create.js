// The Create page: the form submits without leaving the page, and its controls help each other.
import { ApiError, fragment, send } from "/static/js/http.js";

const form = document.getElementById("create-form");
if (form) start();

// form.elements.length is the number of fields, so a field called "length" must be looked up by its name.
function named(name) {
  return form.querySelector(`[name="${CSS.escape(name)}"]`);
}

function start() {
  mirrorReadings();
  followGenre();
  showOptionsOfMode();
  showPrompt();
  form.addEventListener("submit", submit);
  document.getElementById("deck").addEventListener("job-end", (event) => finish(event.detail));
  document.getElementById("shelf").addEventListener("click", openFromShelf);
  form.addEventListener("input", (event) => hideErrors(event.target.name));
}

function mirrorReadings() {
  for (const slider of form.querySelectorAll("[data-mirror]")) {
    const field = named(slider.dataset.mirror);
    slider.addEventListener("input", () => (field.value = slider.value));
    field.addEventListener("input", () => (slider.value = field.value));
  }
  for (const button of form.querySelectorAll("[data-set]")) {
    button.addEventListener("click", () => {
      const field = named(button.dataset.set);
      field.value = button.dataset.value;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
  for (const output of form.querySelectorAll("output[for]")) {
    const slider = document.getElementById(output.htmlFor.value);
    slider.addEventListener("input", () => (output.value = Number(slider.value).toFixed(2).replace(/\.?0+$/, "")));
  }
}

// A genre brings its band and tempo along, until the user has chosen their own.
function followGenre() {
  const chips = [...form.querySelectorAll("input[name=instruments]")];
  let ownBand = chips.some((chip) => chip.checked);
  let ownTempo = new URLSearchParams(location.search).has("tempo");
  chips.forEach((chip) => chip.addEventListener("change", () => (ownBand = chips.some((other) => other.checked))));
  named("tempo").addEventListener("input", (event) => (ownTempo = ownTempo || event.isTrusted));
  form.querySelectorAll("[data-set=tempo], [data-mirror=tempo], tap-tempo").forEach((control) =>
    control.addEventListener("pointerdown", () => (ownTempo = true)));
  const task = () => form.querySelector("input[name=source_task]:checked")?.value;
  const apply = () => {
    const genre = form.querySelector("input[name=genre]:checked");
    if (!genre) return;
    const band = genre.dataset.band.split(" ");
    // Who goes on with music that exists keeps its band and tempo; only an arrangement is for another band.
    const other = !task() || task() === "arrange";
    if (!ownBand) chips.forEach((chip) => (chip.checked = other && band.includes(chip.value)));
    if (ownTempo || task()) return;
    named("tempo").value = genre.dataset.tempo;
    form.querySelector("[data-mirror=tempo]").value = genre.dataset.tempo;
  };
  form.addEventListener("change", (event) => ["genre", "source_task"].includes(event.target.name) && apply());
  document.addEventListener("start-found", apply);
  apply();
}

function showOptionsOfMode() {
  const show = () => {
    const mode = form.querySelector("input[name=mode]:checked")?.value;
    for (const options of form.querySelectorAll(".options")) options.hidden = options.dataset.mode !== mode;
    for (const guide of form.querySelectorAll(".guide")) guide.hidden = !guide.dataset.modes.split(" ").includes(mode);
  };
  form.querySelectorAll("input[name=mode]").forEach((radio) => radio.addEventListener("change", show));
  show();
}

// Modes that are asked in words show what they will be told. It can be edited in place; left as it was, it goes on
// following the form.
function showPrompt() {
  const fields = [...form.querySelectorAll('input[name^="option:"][name$=":prompt"]')];
  let asked = "";
  const tell = async () => {
    const field = fields.find((one) => !one.closest(".options").hidden);
    const genre = form.querySelector("input[name=genre]:checked");
    if (!field || !genre) return;
    const query = new URLSearchParams({ genre: genre.value });
    form.querySelectorAll("input[name=instruments]:checked").forEach((chip) => query.append("instruments", chip.value));
    for (const name of ["tempo", "key"]) if (named(name).value) query.set(name, named(name).value);
    const mood = field.closest(".options").querySelector('[name$=":mood"]');
    if (mood.value) query.set("mood", mood.value);
    asked = query.toString();
    try {
      const { prompt } = await send(`/prompt?${query}`);
      if (asked === query.toString()) fields.forEach((one) => (one.dataset.prompt = one.placeholder = prompt));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error; // a tempo out of range: the form says so when it is sent
    }
  };
  for (const field of fields) {
    field.addEventListener("focus", () => {
      if (field.value || !field.dataset.prompt) return;
      field.value = field.dataset.prompt;
      field.select();
    });
    field.addEventListener("blur", () => field.value === field.dataset.prompt && (field.value = ""));
  }
  if (fields.length) form.addEventListener("change", tell);
  tell();
}

async function submit(event) {
  event.preventDefault();
  const button = form.querySelector("button[type=submit]");
  hideErrors();
  button.disabled = true;
  try {
    const job = await send("/", { method: "POST", body: new FormData(form) });
    await show(`/j/${job.id}?fragment=1`);
    document.getElementById("deck").scrollIntoView({ block: "nearest", behavior: "smooth" });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    showError(error);
  } finally {
    button.disabled = false;
  }
}

async function show(url) {
  document.getElementById("deck").replaceChildren(await fragment(url));
}

async function finish(job) {
  await show(`/j/${job.id}?fragment=1`);
  if (job.state !== "done") return;
  const page = await fragment("/");
  document.getElementById("shelf").replaceWith(page.getElementById("shelf"));
  document.getElementById("shelf").addEventListener("click", openFromShelf);
  document.querySelector(".shelf-title").hidden = false;
}

async function openFromShelf(event) {
  const row = event.target.closest("[data-track]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  await show(`/t/${row.dataset.track}?fragment=1`);
}

function showError(error) {
  const parts = error.field?.split(".") ?? [];
  const name = parts[0];
  const place = parts.length ? placeOf(error.field) ?? placeOf(name) : null;
  const target = place || form.querySelector("[data-form-error]");
  target.textContent = error.plain;
  target.hidden = false;
  target.closest("details")?.setAttribute("open", "");
  const mode = form.querySelector("input[name=mode]:checked")?.value;
  const field = name && (name === "options" ? named(`option:${mode}:${parts[1]}`) : named(name));
  (field?.focus ? field : target).focus?.();
  target.scrollIntoView({ block: "center" });
}

// Options of other modes may have the same name; theirs are hidden.
function placeOf(field) {
  const places = [...form.querySelectorAll(`[data-error-for="${CSS.escape(field)}"]`)];
  return places.find((place) => !place.closest(".options")?.hidden);
}

function hideErrors(name) {
  const [kind, , option] = (name ?? "").split(":");
  const own = name ? `[data-error-for="${CSS.escape(kind === "option" ? `options.${option}` : name)}"]` : ".field-error";
  form.querySelectorAll(`${own}, [data-form-error]`).forEach((place) => (place.hidden = true));
}

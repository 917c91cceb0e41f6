// "Start from a MIDI file" on the Create page: sends the file, shows what was found, and leaves the form as it is.
import { ApiError, fragment, send } from "/static/js/http.js";

const form = document.getElementById("midi-form");
if (form) start();

function start() {
  const field = form.elements.file;
  // The file is looked at as soon as it is there.
  form.querySelector("button[type=submit]").hidden = true;
  form.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("change", () => field.files.length && look(field.files[0]));
}

async function look(file) {
  const error = form.querySelector("[data-error-for=file]");
  error.hidden = true;
  const body = new FormData();
  body.append("file", file);
  try {
    const score = await send("/scores", { method: "POST", body });
    await take(await fragment(`/?score_id=${score.id}`));
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem;
    error.textContent = problem.message;
    error.hidden = false;
    form.closest("details").open = true;
  }
}

function take(page) {
  const found = page.getElementById("start");
  document.getElementById("start").replaceWith(found);
  for (const name of ["tempo", "length"]) {
    const field = document.getElementById(name);
    field.placeholder = page.getElementById(name).placeholder;
    field.value = "";
  }
  form.closest("file-drop").hidden = true;
  document.dispatchEvent(new CustomEvent("start-found"));
  found.scrollIntoView({ block: "nearest", behavior: "smooth" });
  found.querySelector("input[name=source_task]:checked")?.focus({ preventScroll: true });
}

// The notes in words, as a table whose rows can be gone to.
import { noteName } from "/static/js/hum/names.js";

export function fillTable(body, bars, { chosen, flats, onGo }) {
  body.replaceChildren(...bars.map((bar) => row(bar, chosen, flats, onGo)));
}

function row(bar, chosen, flats, onGo) {
  const line = document.createElement("tr");
  const head = document.createElement("th");
  head.scope = "row";
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: `${bar.onset.toFixed(2)} s` });
  button.setAttribute("aria-label", `Go to ${bar.onset.toFixed(2)} s, ${noteName(bar.midi, flats)}`);
  button.addEventListener("click", () => onGo(bar));
  head.append(button);
  if (bar.ids.some((id) => chosen.has(id))) line.setAttribute("aria-current", "true");
  const cells = [noteName(bar.midi, flats), `${(bar.offset - bar.onset).toFixed(2)} s`, sung(bar, flats), sure(bar)];
  line.append(head, ...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  return line;
}

// The pitch as it was sung: the nearest name and the cents beside it.
function sung({ pitch }, flats) {
  if (typeof pitch !== "number") return "";
  const cents = Math.round(100 * (pitch - Math.round(pitch)));
  return `${noteName(Math.round(pitch), flats)} ${cents < 0 ? "−" : "+"}${Math.abs(cents)}`;
}

function sure({ confidence }) {
  return typeof confidence === "number" ? `${Math.round(100 * confidence)} %` : "";
}

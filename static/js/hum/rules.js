// The fields of a form that say how a melody is written down, as the server names and types them.
const NUMBERS = ["strength", "simplify"];
const WORDS = ["quantize", "scale", "instrument"];

// ``downbeat`` has no field: it comes from the metronome.
export function settingsOf(form, { downbeat = null }) {
  const given = Object.fromEntries(WORDS.map((name) => [name, form.elements[name].value]));
  for (const name of NUMBERS) given[name] = Number(form.elements[name].value);
  const tempo = form.elements.tempo.value.trim();
  return { ...given, downbeat, constant_tempo: form.elements.constant_tempo.checked, tempo: tempo ? Number(tempo) : null };
}

export function fillRules(form, settings) {
  for (const name of [...WORDS, ...NUMBERS]) form.elements[name].value = settings[name];
  form.elements.constant_tempo.checked = settings.constant_tempo;
  form.elements.tempo.value = settings.tempo ?? "";
  showValues(form);
}

// The numbers beside the sliders, and what a slider has no part in is out of use.
export function showValues(form) {
  for (const output of form.querySelectorAll("output[for]")) {
    output.value = `${Math.round(100 * form.querySelector(`#${CSS.escape(output.htmlFor.value)}`).value)} %`;
  }
  form.elements.strength.disabled = form.elements.quantize.value === "off";
}

// Keys of the editor, told by the names of what they do.
const ARROWS = {
  ArrowUp: ["pitch", 1],
  ArrowDown: ["pitch", -1],
  ArrowLeft: ["time", -1],
  ArrowRight: ["time", 1],
};
const KEYS = {
  Delete: "delete",
  Backspace: "delete",
  s: "split",
  j: "join",
  a: "add",
  n: "next",
  p: "previous",
  x: "swap",
  " ": "play",
  Enter: "hear",
  Escape: "none",
  Home: "begin",
  End: "end",
  "+": "closer",
  "=": "closer",
  "-": "farther",
};
const HELD = { z: "undo", y: "redo", a: "all" }; // with Ctrl, or the command key

// `act(name, amount, big)` says whether there was something to do.
export function keys(room, act) {
  room.addEventListener("keydown", (event) => {
    if (event.target !== room || event.altKey) return;
    const name = nameOf(event);
    if (name && act(...name) !== false) event.preventDefault();
  });
}

function nameOf(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (key === "z" && event.shiftKey) return ["redo"];
    return HELD[key] ? [HELD[key]] : null;
  }
  if (ARROWS[key]) return [...ARROWS[key], event.shiftKey];
  if (event.key === "," || event.key === "<" || event.key === ";") return ["length", -1, event.shiftKey];
  if (event.key === "." || event.key === ">" || event.key === ":") return ["length", 1, event.shiftKey];
  return KEYS[key] ? [KEYS[key]] : null;
}

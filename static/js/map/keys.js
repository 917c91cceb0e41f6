// Keys on the map: arrows go from track to track, with Shift they move the map; plus, minus and 0 zoom; Enter opens.
const PUSH = 60; // pixels
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const OTHERS = { "+": "closer", "=": "closer", "-": "farther", 0: "all", Enter: "open", Escape: "shut" };

// `told` has step(direction), pan(dx, dy), and act(name). Escape works from the card, too.
export function keys(room, told) {
  room.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== room && event.key !== "Escape") return;
    const arrow = ARROWS[event.key];
    if (!arrow && !OTHERS[event.key]) return;
    event.preventDefault();
    if (!arrow) told.act(OTHERS[event.key]);
    else if (event.shiftKey) told.pan(-arrow[0] * PUSH, arrow[1] * PUSH);
    else told.step(arrow);
  });
}

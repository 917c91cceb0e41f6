// Pointers and wheel on the map, told as what is meant: pan, zoom, point, press, and a loop.
const STILL = 5; // pixels a press may move
const WHEEL = 0.0016;
const LINE = 16; // pixels of a wheel that counts lines

// `told` has pan(dx, dy), zoom(x, y, factor), point(x, y), leave(), press(x, y), looping(line), looped(line), and
// wantsLoop(): whether a drag draws a loop.
export function gestures(room, told) {
  const down = new Map();
  let from = null;
  let line = null;
  let still = true;
  const place = (event) => {
    const box = room.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const ours = (event) => event.target.closest("[data-card]") === null;

  room.addEventListener("pointerdown", (event) => {
    if (!ours(event) || event.button !== 0) return;
    room.setPointerCapture(event.pointerId);
    down.set(event.pointerId, place(event));
    from = place(event);
    still = down.size === 1;
    line = still && (event.shiftKey || told.wantsLoop()) ? [from] : null;
  });

  room.addEventListener("pointermove", (event) => {
    const here = place(event);
    if (!down.has(event.pointerId)) {
      if (ours(event)) told.point(...here);
      return;
    }
    const before = down.get(event.pointerId);
    if (Math.hypot(here[0] - from[0], here[1] - from[1]) > STILL) still = false;
    down.set(event.pointerId, here);
    if (line) {
      line.push(here);
      told.looping(line);
    } else if (down.size === 2) {
      pinch(event.pointerId, before, here);
    } else if (!still) {
      told.pan(here[0] - before[0], here[1] - before[1]);
    }
  });

  function pinch(id, before, here) {
    const [, other] = [...down].find(([key]) => key !== id);
    const apart = (one) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
    told.pan((here[0] - before[0]) / 2, (here[1] - before[1]) / 2);
    told.zoom((here[0] + other[0]) / 2, (here[1] + other[1]) / 2, apart(here) / apart(before));
  }

  function up(event) {
    if (!down.delete(event.pointerId)) return;
    const drawn = line;
    line = null;
    if (drawn && !still) told.looped(drawn);
    else if (event.type === "pointerup" && still) told.press(...place(event));
  }
  room.addEventListener("pointerup", up);
  room.addEventListener("pointercancel", up);
  room.addEventListener("pointerleave", () => down.size || told.leave());
  room.addEventListener("wheel", (event) => {
    event.preventDefault();
    const pixels = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1);
    told.zoom(...place(event), Math.exp(-Math.max(-300, Math.min(300, pixels)) * WHEEL));
  }, { passive: false });
}

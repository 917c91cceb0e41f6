// Pointers and wheel on the roll, told as what is meant. A note is chosen by a press and dragged by what was chosen, its
// right edge makes it longer; the paper is dragged where there is no note, and a press there moves the playhead.
const STILL = 5; // pixels a press may move
const EDGE = 9; // pixels of a note's right end that make it longer
const SHARE = 0.35; // of a short note that may do so
const WHEEL = 0.0016;

// `told` has noteAt(x, y), isChosen(note), edgeOf(note), axes, and is told: choose(note, more), drag(kind, dx, dy), drop(keep),
// pan(dx), press(x), add(x, y), zoom(x, factor), hover(kind).
export function gestures(room, told) {
  const down = new Map();
  let grip = null;
  const place = (event) => {
    const box = room.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function grasp(x, y) {
    const note = told.noteAt(x, y);
    if (!note) return { kind: "paper" };
    const [from, to] = told.edgeOf(note);
    const edge = Math.min(EDGE, (to - from) * SHARE);
    return { kind: x > to - edge ? "stretch" : "move", note };
  }

  // A finger scrolls the page, except on a note that is chosen already: that one it drags.
  room.addEventListener("touchstart", (event) => {
    const [touch] = event.touches;
    const note = told.noteAt(...place(touch));
    if (event.touches.length > 1 || (note && told.isChosen(note))) event.preventDefault();
  }, { passive: false });

  room.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    const here = place(event);
    room.setPointerCapture(event.pointerId);
    down.set(event.pointerId, here);
    if (down.size > 1) {
      if (grip?.moving) told.drop(false);
      grip = null;
      return;
    }
    grip = { ...grasp(...here), from: here, moving: false, more: event.shiftKey || event.ctrlKey || event.metaKey };
    const asleep = event.pointerType === "touch" && grip.note && !told.isChosen(grip.note);
    if (asleep) grip.kind = "paper";
    if (grip.note && !told.isChosen(grip.note) && !asleep) {
      told.choose(grip.note, grip.more);
      grip.fresh = true;
    }
  });

  room.addEventListener("pointermove", (event) => {
    const here = place(event);
    const before = down.get(event.pointerId);
    if (!before) return told.hover(grasp(...here).kind);
    down.set(event.pointerId, here);
    if (down.size === 2) return pinch(event.pointerId, before, here);
    if (!grip) return undefined;
    const [dx, dy] = [here[0] - grip.from[0], here[1] - grip.from[1]];
    grip.moving ||= Math.hypot(dx, dy) > STILL;
    if (!grip.moving) return undefined;
    if (grip.kind === "paper") return told.pan(here[0] - before[0]);
    return told.drag(grip.kind, Math.abs(dx) > STILL ? dx : 0, dy);
  });

  function pinch(id, before, here) {
    const [, other] = [...down].find(([key]) => key !== id);
    const apart = (one) => Math.max(1, Math.abs(one[0] - other[0]));
    told.pan((here[0] - before[0]) / 2);
    told.zoom((here[0] + other[0]) / 2, apart(before) / apart(here));
  }

  function up(event) {
    const here = place(event);
    if (!down.delete(event.pointerId) || !grip) return;
    const { note, moving, kind, fresh, more } = grip;
    grip = null;
    if (moving && kind !== "paper") told.drop(event.type === "pointerup");
    else if (moving || event.type !== "pointerup") return;
    else if (!note) told.press(here[0]);
    else if (!fresh) told.choose(note, more);
  }
  room.addEventListener("pointerup", up);
  room.addEventListener("pointercancel", up);

  room.addEventListener("dblclick", (event) => {
    const here = place(event);
    if (!told.noteAt(...here)) told.add(...here);
  });

  room.addEventListener("wheel", (event) => {
    const [x] = place(event);
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      return told.zoom(x, Math.exp(event.deltaY * WHEEL * 4));
    }
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
    if (sideways && told.pan(-sideways)) event.preventDefault();
    return undefined;
  }, { passive: false });
}

// Draws a melody: the heard curve thin, the notes as bars with their names, the voice's level faint below, and what is
// known of beats and form. ``scene`` holds what there is to see; ``axes`` say where.
import { colour } from "/static/js/canvas.js";
import { FLOOR, GUTTER, HEAD } from "/static/js/hum/axes.js";
import { isBlack, noteName } from "/static/js/hum/names.js";

const NAMED_ROW = 11; // pixels that a row with a name needs
const NARROWEST_BEAT = 14; // pixels; below, only bar lines are drawn
const NARROWEST_BAR = 10;
const JUMP = 1.5; // semitones between two points of the curve over which no line is drawn
const COLOURS = ["ink", "ink-soft", "line", "well", "sheet", "hot", "hot-ink", "cool", "part-0", "text", "mono"];

export function drawRoll(host, context, axes, scene) {
  const hue = Object.fromEntries(COLOURS.map((name) => [name, colour(host, `--${name}`)]));
  const tools = { context, axes, scene, hue };
  rows(tools);
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, axes.room, axes.height);
  context.clip();
  beats(tools);
  level(tools);
  const seen = scene.bars.filter((bar) => axes.x(bar.offset) > GUTTER && axes.x(bar.onset) < axes.width);
  for (const bar of seen) block(tools, bar);
  for (const note of scene.notes) ghost(tools, note);
  curve(tools);
  tools.named = [];
  for (const bar of seen) label(tools, bar);
  sections(tools);
  context.fillStyle = hue.hot;
  context.fillRect(axes.x(scene.position) - 1, 0, 2, axes.height);
  context.restore();
  names(tools);
}

function rows({ context, axes, hue }) {
  context.fillStyle = hue.line;
  context.globalAlpha = 0.3;
  for (let midi = axes.low; midi <= axes.high; midi += 1) {
    if (isBlack(midi)) context.fillRect(GUTTER, axes.y(midi) - axes.tall / 2, axes.room, axes.tall);
  }
  context.globalAlpha = 1;
  context.fillRect(GUTTER, HEAD - 1, axes.room, 1);
  context.fillRect(GUTTER, axes.height - FLOOR, axes.room, 1);
}

// Pitch names on the left: all naturals where there is room, else only C.
function names({ context, axes, scene, hue }) {
  context.font = `500 11px ${hue.mono}`;
  context.textBaseline = "middle";
  context.fillStyle = hue["ink-soft"];
  for (let midi = axes.low; midi <= axes.high; midi += 1) {
    const shown = axes.tall >= NAMED_ROW ? !isBlack(midi) : midi % 12 === 0;
    if (shown) context.fillText(noteName(midi, scene.flats), 5, axes.y(midi));
  }
}

function beats({ context, axes, scene, hue }) {
  const lines = scene.beats ?? [];
  if (lines.length < 2) return;
  const bars = new Set(scene.barLines);
  const wide = (axes.x(lines.at(-1)) - axes.x(lines[0])) / (lines.length - 1);
  const each = lines.length / Math.max(1, bars.size);
  context.fillStyle = hue.line;
  for (const line of lines) {
    const bar = bars.has(line);
    if (wide < NARROWEST_BEAT && (!bar || wide * each < NARROWEST_BAR)) continue;
    context.globalAlpha = bar ? 1 : 0.45;
    context.fillRect(axes.x(line), HEAD, 1, axes.height - HEAD);
  }
  context.globalAlpha = 1;
}

function level({ context, axes, scene, hue }) {
  const { level: values, hop } = scene;
  if (!values?.length) return;
  context.fillStyle = hue.cool;
  context.globalAlpha = 0.32;
  for (let x = GUTTER; x < axes.width; x += 2) {
    const [from, to] = [axes.time(x), axes.time(x + 2)].map((time) => Math.floor(time / hop));
    let most = 0;
    for (let at = Math.max(0, from); at <= Math.min(to, values.length - 1); at += 1) most = Math.max(most, values[at]);
    context.fillRect(x, axes.height - most * (FLOOR - 4), 1.6, most * (FLOOR - 4));
  }
  context.globalAlpha = 1;
}

// Left, top, width and height of a bar in pixels.
function placeOf(axes, { onset, offset, midi }) {
  const tall = Math.max(5, axes.tall - 2);
  return [axes.x(onset), axes.y(midi) - tall / 2, Math.max(3, axes.x(offset) - axes.x(onset) - 1), tall];
}

function hueOf({ scene, hue }, bar) {
  return bar.ids.some((id) => scene.chosen.has(id)) ? [hue.cool, hue.sheet] : [hue["part-0"], hue["hot-ink"]];
}

function block(tools, bar) {
  const { context, axes } = tools;
  const [left, top, wide, tall] = placeOf(axes, bar);
  [context.fillStyle] = hueOf(tools, bar);
  context.strokeStyle = tools.hue.well;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(left, top, wide, tall, Math.min(4, tall / 3));
  context.fill();
  context.stroke();
}

// The name stands on the bar, above the curve, where it has room; else over it, unless another name is there.
function label(tools, bar) {
  const { context, axes, scene, hue } = tools;
  const [left, top, wide, tall] = placeOf(axes, bar);
  const [paper, ink] = hueOf(tools, bar);
  const text = noteName(bar.midi, scene.flats);
  context.font = `600 ${Math.min(12, Math.max(10, tall - 3))}px ${hue.mono}`;
  context.textBaseline = "middle";
  const needed = context.measureText(text).width;
  if (tall >= NAMED_ROW && needed + 8 <= wide) {
    // A note that begins to the left of what is seen keeps its name in sight.
    const at = Math.min(Math.max(left, GUTTER) + 4, left + wide - needed - 4);
    context.fillStyle = paper;
    context.fillRect(at - 2, top + 1, needed + 4, tall - 2);
    context.fillStyle = ink;
    context.fillText(text, at, top + tall / 2 + 0.5);
  } else if (!scene.crowded && !tools.named.some(([x, y, end]) => left < end && Math.abs(y - top) < NAMED_ROW && left >= x)) {
    tools.named.push([left, top, left + needed + 2]);
    context.strokeStyle = hue.well;
    context.lineWidth = 3;
    context.strokeText(text, left, top - 7);
    context.fillStyle = hue.ink;
    context.fillText(text, left, top - 7);
  }
}

// Where a note was sung, when it is played elsewhere, or is chosen.
function ghost({ context, axes, scene, hue }, note) {
  const chosen = scene.chosen.has(note.id);
  if (!chosen && (scene.crowded || !scene.apart.has(note.id))) return;
  const [left, top, wide, tall] = placeOf(axes, note);
  context.strokeStyle = chosen ? hue.ink : hue["ink-soft"];
  context.lineWidth = chosen ? 1.75 : 1;
  context.setLineDash(chosen ? [] : [3, 2]);
  context.beginPath();
  context.roundRect(left + 0.5, top + 0.5, Math.max(2, wide - 1), tall - 1, 3);
  context.stroke();
  context.setLineDash([]);
}

function curve({ context, axes, scene, hue }) {
  const { curve: points, hop } = scene;
  if (!points?.length) return;
  const from = Math.max(0, Math.floor(axes.start / hop) - 1);
  const to = Math.min(points.length - 1, Math.ceil((axes.start + axes.span) / hop) + 1);
  const stride = Math.max(1, Math.floor((to - from) / (axes.room * 2)));
  const path = new Path2D();
  let before = null;
  for (let at = from; at <= to; at += stride) {
    const midi = points[at];
    if (midi !== null) {
      if (before !== null && Math.abs(midi - before) < JUMP) path.lineTo(axes.x(at * hop), axes.y(midi));
      else path.moveTo(axes.x(at * hop), axes.y(midi));
    }
    before = midi;
  }
  context.save();
  context.beginPath();
  context.rect(GUTTER, HEAD, axes.room, axes.height - HEAD - FLOOR);
  context.clip();
  context.lineJoin = context.lineCap = "round";
  // A thin line of ink; its paper-coloured edge keeps it readable on the bars.
  for (const [width, name, alpha] of [[3.5, "well", 0.75], [1.5, "ink", 1]]) {
    context.lineWidth = width;
    context.strokeStyle = hue[name];
    context.globalAlpha = alpha;
    context.stroke(path);
  }
  context.restore();
}

function sections({ context, axes, scene, hue }) {
  if (!(scene.sections?.length > 1)) return;
  context.font = `650 11px ${hue.text}`;
  context.textBaseline = "middle";
  for (const { name, start, end } of scene.sections) {
    const [from, to] = [Math.max(GUTTER, axes.x(start)), Math.min(axes.width, axes.x(end))];
    if (to - from < 4) continue;
    context.fillStyle = hue.line;
    context.fillRect(from + 1, 0, to - from - 2, HEAD - 3);
    context.fillStyle = hue.ink;
    if (context.measureText(name).width + 10 <= to - from) context.fillText(name, from + 6, HEAD / 2 - 1);
  }
}

// <sound-map data-src>: the map of the library on a canvas. Pan, zoom, hear what is pointed at, open it, and draw a loop around
// tracks to keep them. Says in words what it shows: data-points, data-shown, data-chosen and its status line.
import { colour } from "/static/js/canvas.js";
import { gestures } from "/static/js/map/gestures.js";
import { keys } from "/static/js/map/keys.js";
import { Marks } from "/static/js/map/marks.js";
import { PointPainter } from "/static/js/map/painter.js";
import { Points } from "/static/js/map/points.js";
import { Preview } from "/static/js/map/preview.js";
import { Spot } from "/static/js/map/spot.js";
import { MapView } from "/static/js/map/view.js";

const REACH = 14; // pixels within which a point is meant
const STEP = 1.5;
const LOOK_AGAIN = [2000, 60_000]; // ms, while tracks have no place yet: soon after news, seldom when nothing moves
const MOST_KEPT = 1000; // tracks of a playlist

customElements.define("sound-map", class extends HTMLElement {
  async connectedCallback() {
    if (this.view) return;
    for (const name of ["tools", "room", "legend", "hint", "said", "picked", "count", "hear"]) {
      this[name] = this.querySelector(`[data-${name}]`);
    }
    document.querySelector(".map-list")?.removeAttribute("open");
    [this.tools, this.room, this.legend, this.hint].forEach((part) => (part.hidden = false));
    const canvases = [0, 1].map(() => document.createElement("canvas"));
    this.room.prepend(...canvases);
    this.painter = new PointPainter(canvases[0]);
    this.marks = new Marks(this, canvases[1]);
    this.view = new MapView();
    this.preview = new Preview(this);
    this.spot = new Spot(this.querySelector("[data-tip]"), this.querySelector("[data-card]"));
    Object.assign(this, { at: -1, chosen: [], loop: null, off: new Set(), looping: false });
    this.allowed = (point) => this.data.colour[point] >= 0;
    this.wire();
    await this.load();
  }

  disconnectedCallback() {
    clearTimeout(this.again);
    this.preview?.stop();
  }

  async load() {
    const headers = this.etag ? { "If-None-Match": this.etag } : {};
    const response = await fetch(this.dataset.src, { headers, cache: "no-store" }).catch(() => null);
    if (response?.status === 200) {
      this.etag = response.headers.get("ETag");
      this.pause = LOOK_AGAIN[0];
      this.take(new Points(await response.json(), (name) => this.label(name)));
    } else if (response?.status !== 304) {
      this.say("The map could not be loaded. Is Tunesmith still running?");
    }
    if (!this.isConnected || (this.data && !this.data.waiting)) return;
    this.again = setTimeout(() => this.load(), this.pause ?? LOOK_AGAIN[0]);
    this.pause = Math.min(LOOK_AGAIN[1], 2 * (this.pause ?? LOOK_AGAIN[0]));
  }

  take(data) {
    const [before, kept] = [this.at >= 0 ? this.data.ids[this.at] : null, new Set(this.chosen.map((point) => this.data.ids[point]))];
    const first = !this.data?.size;
    this.data = data;
    this.at = before ? data.ids.indexOf(before) : -1;
    this.chosen = kept.size ? [...data.ids.keys()].filter((point) => kept.has(data.ids[point])) : [];
    this.view.bounds = data.bounds;
    this.dots = Math.max(1.4, 9 - 1.6 * Math.log10(Math.max(10, data.size)));
    for (const button of this.legend.children) {
      const count = data.counts.get(button.dataset.genre) ?? 0;
      button.hidden = !count;
      button.querySelector("small").textContent = count;
    }
    if (first) this.view.all();
    this.colours();
    this.tell();
  }

  label(name) {
    const button = [...this.legend.children].find((one) => one.dataset.genre === name);
    return button ? button.childNodes[1].textContent.trim() : name;
  }

  // The legend's own colours, as the browser computed them; the last one marks what was chosen.
  colours() {
    const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
    const numbers = (style) => {
      context.fillStyle = style;
      context.fillRect(0, 0, 1, 1);
      return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    this.names = [...this.legend.children].map((button) => button.dataset.genre);
    const inks = [...this.legend.children].map((button) => numbers(getComputedStyle(button.firstElementChild).backgroundColor));
    this.painter.colours([...inks, numbers(colour(this, "--ink"))], numbers(colour(this, "--sheet")));
    const none = this.names.indexOf("");
    const byGenre = this.data.genres.map((name) => (this.off.has(name) ? -1 : this.names.includes(name) ? this.names.indexOf(name) : none));
    let shown = 0;
    for (let point = 0; point < this.data.size; point += 1) {
      const number = this.data.genre[point];
      this.data.colour[point] = number >= 0 ? byGenre[number] : this.off.has("") ? -1 : none;
      shown += this.data.colour[point] >= 0;
    }
    this.shown = shown;
    this.schedule();
  }

  tell() {
    const { data, shown, chosen } = this;
    this.dataset.points = data.size;
    this.dataset.shown = shown;
    this.dataset.chosen = chosen.length;
    const waiting = data.waiting ? ` ${data.waiting} more wait for their place.` : "";
    this.say(`${shown === data.size ? "" : `${shown} of `}${data.size} track${data.size === 1 ? "" : "s"}.${waiting}`);
  }

  say(text) {
    if (this.said.value !== text) this.said.value = text;
  }

  wire() {
    const resize = () => {
      const { width, height } = this.room.getBoundingClientRect();
      if (!width) return;
      const ratio = devicePixelRatio || 1;
      for (const part of [this.painter, this.marks]) part.resize(width, height, ratio);
      this.view.resize(width, height);
      this.schedule();
    };
    new ResizeObserver(resize).observe(this.room);
    document.addEventListener("theme-change", () => this.data && this.colours());
    document.fonts?.ready.then(() => this.schedule());
    this.addEventListener("click", (event) => this.pressed(event.target.closest("button")));
    this.addEventListener("preview", () => this.spot.open && this.show());
    keys(this.room, {
      step: (direction) => this.data && this.step(direction),
      pan: (dx, dy) => this.move(() => this.view.pan(dx, dy)),
      act: (name) => this.data && this.act(name),
    });
    this.hear.addEventListener("change", () => this.hear.checked || this.preview.stop());
    gestures(this.room, {
      pan: (dx, dy) => this.move(() => this.view.pan(dx, dy)),
      zoom: (x, y, factor) => this.move(() => this.view.zoomAt(x, y, factor)),
      point: (x, y) => this.look(this.near(x, y)),
      leave: () => this.look(-1),
      press: (x, y) => this.open(this.near(x, y)),
      wantsLoop: () => this.looping,
      looping: (line) => {
        this.shut();
        this.loop = line;
        this.schedule(false);
      },
      looped: (line) => this.choose(line),
    });
  }

  near(x, y) {
    if (!this.data) return -1;
    return this.data.grid.nearest(...this.view.place(x, y), Math.max(REACH, this.radius) / this.view.scale, this.allowed);
  }

  get radius() {
    return Math.min(11, this.dots * Math.max(1, this.view.zoom) ** 0.3);
  }

  move(change) {
    change();
    this.schedule();
  }

  // The points are painted anew only when they have changed or moved; the marks above them each time.
  schedule(points = true) {
    this.stale ||= points;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      if (this.data && this.painter.picture) this.draw();
    });
  }

  draw() {
    const { data, view, radius, at, loop, allowed } = this;
    const mark = this.names.length;
    if (this.stale) this.painter.paint(data, view, radius, this.chosen.filter(allowed).map((point) => [point, mark]));
    this.stale = false;
    this.marks.paint(data, view, { radius, at, loop, allowed });
    if (at >= 0) this.spot.place(view.pixel(data.x[at], data.y[at]), radius, view);
  }

  get track() {
    if (this.at < 0) return null;
    const genre = this.data.nameOf(this.at);
    const id = this.data.ids[this.at];
    return { id, title: this.data.titles[this.at], genre, label: this.label(genre), sounding: this.preview.id === id };
  }

  // What is pointed at, by pointer or keys: its title stands beside it and its middle is heard. An open card stays.
  look(point) {
    if (point === this.at || this.spot.open) return;
    this.at = point;
    const { track } = this;
    this.room.classList.toggle("on-point", point >= 0);
    this.spot.point(track);
    if (!track) this.preview.stop();
    else if (this.hear.checked) this.preview.hover(track.id);
    if (track) this.say([track.title, track.label].filter(Boolean).join(", "));
    else this.tell();
    this.schedule(false);
  }

  open(point) {
    this.shut();
    this.look(point);
    if (point >= 0) this.show();
  }

  show() {
    this.spot.show(this.track);
    this.schedule(false);
  }

  shut() {
    if (!this.spot.open) return;
    if (this.spot.shut()) this.room.focus();
    this.spot.point(this.track);
    this.schedule(false);
  }

  pressed(button) {
    if (button?.dataset.genre !== undefined) this.toggle(button);
    else if (button?.dataset.do && this.data) this.act(button.dataset.do);
  }

  act(name) {
    const [x, y] = [this.view.width / 2, this.view.height / 2];
    return {
      closer: () => this.move(() => this.view.zoomAt(x, y, STEP)),
      farther: () => this.move(() => this.view.zoomAt(x, y, 1 / STEP)),
      all: () => this.move(() => this.view.all()),
      lasso: () => this.loops(!this.looping),
      forget: () => this.keep([]),
      sound: () => (this.track.sounding ? this.preview.stop() : this.preview.hear(this.track.id)),
      open: () => {
        if (this.at < 0) return;
        this.show();
        this.querySelector("[data-card] a").focus();
      },
      shut: () => (this.spot.open ? this.shut() : this.look(-1)),
    }[name]?.();
  }

  toggle(button) {
    const shown = button.getAttribute("aria-pressed") === "false";
    button.setAttribute("aria-pressed", shown);
    this.off[shown ? "delete" : "add"](button.dataset.genre);
    this.shut();
    this.look(-1);
    this.colours();
    this.tell();
  }

  // From the point that is looked at, or from the one in the middle.
  step([dx, dy]) {
    this.shut();
    const [x, y] = this.view.place(this.view.width / 2, this.view.height / 2);
    const next = this.at >= 0 ? this.data.grid.towards(this.at, dx, dy, this.allowed) : this.data.grid.nearest(x, y, 4, this.allowed);
    if (next < 0) return;
    this.view.reveal(this.data.x[next], this.data.y[next]);
    this.look(next);
  }

  loops(on) {
    this.looping = on;
    this.tools.querySelector("[data-do=lasso]").setAttribute("aria-pressed", on);
    this.room.classList.toggle("looping", on);
  }

  choose(line) {
    this.loop = null;
    this.loops(false);
    this.keep(this.data.grid.inside(line.map(([x, y]) => this.view.place(x, y)), this.allowed));
  }

  keep(points) {
    this.chosen = points.slice(0, MOST_KEPT);
    const form = this.picked.querySelector("form");
    form.querySelectorAll("[name=track_ids]").forEach((field) => field.remove());
    form.append(...this.chosen.map((point) =>
      Object.assign(document.createElement("input"), { type: "hidden", name: "track_ids", value: this.data.ids[point] })));
    this.picked.hidden = !this.chosen.length;
    this.tell();
    const more = points.length > MOST_KEPT ? `, the first ${MOST_KEPT} of ${points.length}` : "";
    this.count.textContent = `${this.chosen.length} track${this.chosen.length === 1 ? "" : "s"} in the loop${more}`;
    this.say(this.chosen.length ? this.count.textContent : "No tracks in the loop.");
    this.schedule();
  }
});

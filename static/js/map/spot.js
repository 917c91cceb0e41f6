// What stands beside the point that is looked at: a tip with its title, or the small card of the track that was opened.
const GAP = 10;
const EDGE = 6;

export class Spot {
  constructor(tip, card) {
    Object.assign(this, { tip, card });
  }

  get open() {
    return !this.card.hidden;
  }

  point(track) {
    this.tip.hidden = !track;
    if (!track) return;
    this.tip.textContent = track.title;
    if (track.label) this.tip.append(make("small", { textContent: track.label }));
  }

  // The card; what had the focus in it has it again.
  show({ id, title, genre, label, sounding }) {
    const address = `/t/${encodeURIComponent(id)}`;
    const focused = this.card.contains(document.activeElement) ? document.activeElement.dataset.do : null;
    const sleeve = genre ? [make("img", { src: `/static/art/${genre}.svg`, alt: "", width: 44, height: 44 })] : [];
    this.card.replaceChildren(
      make("header", {}, ...sleeve,
        make("div", {}, make("strong", { textContent: title }), make("small", { textContent: label || "no genre yet" })),
        button("shut", "×", "Close")),
      make("p", {},
        button("sound", sounding ? "Pause" : "Play"),
        make("a", { href: address, textContent: "Open", className: "button" }),
        make("a", { href: `${address}/similar`, textContent: "More like this", className: "button" })));
    this.tip.hidden = true;
    this.card.hidden = false;
    if (focused) this.card.querySelector(`[data-do="${focused}"]`)?.focus();
  }

  // Tells whether the focus was inside.
  shut() {
    const inside = this.card.contains(document.activeElement);
    this.card.hidden = true;
    return inside;
  }

  // Above the point, or below where there is no room; never outside of the map.
  place([x, y], radius, { width, height }) {
    for (const part of [this.tip, this.card]) {
      if (part.hidden) continue;
      const { offsetWidth: wide, offsetHeight: tall } = part;
      const left = Math.max(EDGE, Math.min(width - wide - EDGE, x - wide / 2));
      const above = y - tall - radius - GAP;
      const top = above > EDGE ? above : Math.min(height - tall - EDGE, y + radius + GAP);
      part.style.translate = `${Math.round(left)}px ${Math.round(Math.max(EDGE, top))}px`;
    }
  }
}

function make(tag, values, ...children) {
  const element = Object.assign(document.createElement(tag), values);
  element.append(...children);
  return element;
}

function button(name, text, words) {
  const made = make("button", { type: "button", textContent: text });
  made.dataset.do = name;
  if (words) made.setAttribute("aria-label", words);
  return made;
}

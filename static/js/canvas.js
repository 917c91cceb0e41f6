// A canvas as sharp as the screen, redrawn when its size or the theme changes.

export function sharpCanvas(host, draw) {
  const canvas = document.createElement("canvas");
  host.append(canvas);
  const redraw = () => {
    const ratio = devicePixelRatio || 1;
    const { width, height } = host.getBoundingClientRect();
    if (!width) return;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    draw(context, width, height);
  };
  const observer = new ResizeObserver(redraw);
  observer.observe(host);
  document.addEventListener("theme-change", redraw);
  const stop = () => {
    observer.disconnect();
    document.removeEventListener("theme-change", redraw);
  };
  return { canvas, redraw, stop };
}

export function colour(host, name) {
  return getComputedStyle(host).getPropertyValue(name).trim();
}

/* Plots: what a table beside them says, drawn. Without this module the page keeps the drawing that the server made.

   <figure data-plot="share"> or <figure data-plot="number"> says where uPlot lies and which table to read; each row's
   heading is a point of the axis, each cell with data-value belongs to a line whose name is the cell's column. uPlot is
   loaded when the figure comes near the screen. */

const HEIGHT = 260;
const LABEL = 80;
const COLOURS = ["--accent", "--good", "--warm"];

for (const frame of document.querySelectorAll("[data-plot]")) {
  const near = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    near.disconnect();
    loaded(frame.dataset).then(() => draw(frame), () => {});
  }, { rootMargin: "300px" });
  near.observe(frame);
}

function loaded({ uplot, uplotStyle }) {
  if (globalThis.uPlot) return Promise.resolve();
  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: uplotStyle });
  const script = Object.assign(document.createElement("script"), { src: uplot });
  const all = [style, script].map((part) => new Promise((done, failed) => { part.onload = done; part.onerror = failed; }));
  document.head.prepend(style);
  document.head.append(script);
  return Promise.all(all);
}

function read(table) {
  const rows = [...table.tBodies[0].rows];
  const titles = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const drawn = [...rows[0].cells].map((cell, column) => column).filter((column) => rows.some((row) => "value" in row.cells[column].dataset));
  const number = (cell) => (cell.dataset.value ? Number(cell.dataset.value) : null);
  return {
    labels: rows.map((row) => row.cells[0].textContent.trim()),
    lines: drawn.map((column) => ({ title: titles[column], values: rows.map((row) => number(row.cells[column])) })),
  };
}

/* As many points of the axis as there is room to name. */
function spread(count, width) {
  const step = Math.max(1, Math.ceil((count * LABEL) / width));
  return [...Array(count).keys()].filter((index) => index % step === 0);
}

function draw(frame) {
  const table = document.getElementById(frame.dataset.table);
  if (!table?.tBodies[0]?.rows.length) return;
  const { labels, lines } = read(table);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => () => style.getPropertyValue(name).trim();
  const isShare = frame.dataset.plot === "share";
  const isRightToLeft = document.dir === "rtl";
  const written = new Intl.NumberFormat(document.documentElement.lang === "ar" ? "ar-BH-u-nu-latn" : "en-GB", isShare ? { style: "percent", maximumFractionDigits: 1 } : {});
  const say = (value) => (value == null ? "–" : written.format(value));
  const font = `14px ${style.getPropertyValue("--font") || "sans-serif"}`;
  const axis = { stroke: colour("--ink-soft"), font, grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const series = lines.map(({ title }, number) => ({
    label: title,
    stroke: colour(COLOURS[number % COLOURS.length]),
    width: 2,
    points: { show: true, size: 7 },
    spanGaps: false,
    value: (_, value) => say(value),
  }));
  const data = [labels.map((_, index) => index), ...lines.map(({ values }) => values)];
  if (frame.dataset.target) {
    const target = Number(frame.dataset.target);
    series.push({ label: frame.dataset.targetName, stroke: colour("--ink"), width: 1, dash: [6, 4], points: { show: false }, value: () => say(target) });
    data.push(labels.map(() => target));
  }
  const room = document.createElement("div");
  room.className = "plot-room";
  room.dir = "ltr";
  room.setAttribute("aria-hidden", "true");
  frame.querySelector("[data-drawing]").replaceWith(room);
  const plot = new uPlot({
    width: room.clientWidth,
    height: HEIGHT,
    scales: {
      x: { time: false, dir: isRightToLeft ? -1 : 1, range: [-0.5, labels.length - 0.5] },
      y: { range: (_, low, high) => (isShare ? [Math.min(0.5, low ?? 0), 1.02] : [0, Math.max(high ?? 0, 1) * 1.1]) },
    },
    axes: [
      { ...axis, splits: (plot) => spread(labels.length, plot.width), values: (_, splits) => splits.map((index) => labels[index]) },
      { ...axis, side: isRightToLeft ? 1 : 3, size: 64, values: (_, splits) => splits.map(say) },
    ],
    series: [{ label: table.tHead.rows[0].cells[0].textContent.trim(), value: (_, index) => labels[index] ?? "–" }, ...series],
    cursor: { drag: { x: false, y: false } },
  }, data, room);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => plot.redraw());
  new ResizeObserver(() => plot.setSize({ width: room.clientWidth, height: HEIGHT })).observe(room);
}

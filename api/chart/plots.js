// Draws plotly figures of api.chart into their places, in the reader's colours and at the place's width.

const PX_PER_LABEL = 46;
const CONFIG = { displayModeBar: false, responsive: false };
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const coarse = window.matchMedia("(pointer: coarse)");

// The finest labels that fit: levels come with the figure, finest first, already in local time.
const labels = (levels, [from, to], width) => {
  const apart = ({ at }) => (at.length > 1 ? ((at[1] - at[0]) / (to - from)) * width : Infinity);
  const level = levels.find((each) => apart(each) >= PX_PER_LABEL) || levels[levels.length - 1];
  return { tickvals: level.at, ticktext: level.text };
};

// Texts outside the bars need so many pixels left and right, whatever the width.
const padded = ([from, to], [left, right], width) => {
  const perPx = (to - from) / Math.max(60, width - left - right);
  return [from - left * perPx, to + right * perPx];
};

const axis = (place, { layout }, span) => {
  const { ticks, padPx } = layout.meta;
  const width = place.clientWidth - layout.margin.l - layout.margin.r;
  const range = span || padded(layout.xaxis.range, padPx, width);
  return { range, ...labels(ticks, range, width) };
};

const draw = (place, figure, themes) => {
  const whole = {
    ...figure.layout,
    template: themes[dark.matches ? "dark" : "light"],
    dragmode: coarse.matches ? false : figure.layout.dragmode,
    width: place.clientWidth,
    xaxis: { ...figure.layout.xaxis, ...axis(place, figure) },
  };
  return Plotly.react(place, figure.data, whole, CONFIG);
};

const relabel = (place, figure) => {
  const { range, tickvals, ticktext } = axis(place, figure, place.layout.xaxis.range);
  return Plotly.relayout(place, { "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext, "xaxis.range": range });
};

const onZoom = (place, figure, redraw) => (change) => {
  if ("xaxis.tickvals" in change) return; // our own
  if ("xaxis.range[0]" in change) relabel(place, figure);
  else if ("xaxis.range" in change || "xaxis.autorange" in change) redraw(); // a double click
};

const start = async (place, figure, themes) => {
  const redraw = () => place.isConnected && draw(place, figure, themes);
  await draw(place, figure, themes);
  place.on("plotly_relayout", onZoom(place, figure, redraw));
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (place.clientWidth === width) return;
    width = place.clientWidth;
    redraw();
  }).observe(place);
  dark.addEventListener("change", redraw);
  place.dataset.drawn = "true";
};

export const drawPlots = (root, { figures, themes }) =>
  Promise.all([...root.querySelectorAll(".plot")].map((place) => start(place, figures[place.dataset.figure], themes)));

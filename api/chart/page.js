
(() => {
  "use strict";
  const PX_PER_LABEL = 46;
  const { figures, themes } = JSON.parse(document.getElementById("figures").textContent);
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const coarse = window.matchMedia("(pointer: coarse)");
  const config = { displayModeBar: false, responsive: false };

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

  const innerWidth = (place) => {
    const { l, r } = figures[place.id].layout.margin;
    return place.clientWidth - l - r;
  };

  const axis = (place, span) => {
    const { ticks, padPx } = figures[place.id].layout.meta;
    const width = innerWidth(place);
    const range = span || padded(figures[place.id].layout.xaxis.range, padPx, width);
    return { range, ...labels(ticks, range, width) };
  };

  const draw = async (place) => {
    const { data, layout } = figures[place.id];
    const whole = {
      ...layout,
      template: themes[dark.matches ? "dark" : "light"],
      dragmode: coarse.matches ? false : layout.dragmode,
      width: place.clientWidth,
      xaxis: { ...layout.xaxis, ...axis(place) },
    };
    await Plotly.react(place, data, whole, config);
  };

  const relabel = (place) => {
    const { range, tickvals, ticktext } = axis(place, place.layout.xaxis.range);
    return Plotly.relayout(place, { "xaxis.tickvals": tickvals, "xaxis.ticktext": ticktext, "xaxis.range": range });
  };

  const zoomed = (place) => (change) => {
    if ("xaxis.tickvals" in change) return; // our own
    if ("xaxis.range[0]" in change) relabel(place);
    else if ("xaxis.range" in change || "xaxis.autorange" in change) draw(place); // a double click
  };

  const start = async (place) => {
    await draw(place);
    place.on("plotly_relayout", zoomed(place));
    let width = place.clientWidth;
    new ResizeObserver(() => {
      if (place.clientWidth === width) return;
      width = place.clientWidth;
      draw(place);
    }).observe(place);
    dark.addEventListener("change", () => draw(place));
    place.dataset.drawn = "true";
  };

  document.querySelectorAll(".plot").forEach(start);
})();

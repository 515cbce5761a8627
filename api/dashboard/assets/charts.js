// Plotly, fetched when the first chart is needed, and the places that figures are drawn into.

import { drawPlots } from "./plots.js";
import { h } from "./dom.js";

let library;

const plotly = () => {
  library ||= new Promise((resolve, reject) => {
    const script = h("script", { src: "/dashboard/plotly.min.js" });
    script.onload = resolve;
    script.onerror = () => reject(new Error("The charts could not be loaded."));
    document.head.append(script);
  });
  return library;
};

export const draw = async (root, chart) => {
  await plotly();
  if (root.isConnected) await drawPlots(root, chart);
};

const place = (name, told) => h("div", { class: "plot", "data-figure": name, role: "img", "aria-label": told });

// Two plans side by side are read by comparing heights and times: both get the same axes.
const alike = (one, other, name) => {
  const layouts = [one, other].map((chart) => chart.figures[name].layout);
  const tops = layouts.map((layout) => layout.yaxis.range);
  const spans = layouts.map((layout) => layout.xaxis.range);
  for (const layout of layouts) {
    if (name === "load") layout.yaxis.range = [0, Math.max(...tops.map((range) => range[1]))];
    layout.xaxis.range = [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, to]) => to))];
  }
};

const TOLD = { load: "Site load by vehicle under the cap, with the price", gantt: "When every vehicle charges" };

const tells = ({ shortfalls }) =>
  shortfalls.length ? `Short: ${shortfalls.map(({ evId }) => evId).join(", ")}.` : "Everybody leaves ready.";

// One figure of both plans, in columns under their names; told in words as well.
const columns = (named, name) =>
  h("div", { class: "beside" }, named.map(([title, chart]) =>
    h("div", {}, h("h3", {}, title), place(name, `${title}: ${TOLD[name]}. ${tells(chart)}`))));

const drawColumns = (element, named) =>
  Promise.all([...element.children].map((column, i) => draw(column, named[i][1])));

// The vehicles are many: they are drawn when somebody wants to see them.
const folded = (named) => {
  const element = columns(named, "gantt");
  const details = h("details", {}, h("summary", {}, "Every vehicle, side by side"), element);
  details.addEventListener("toggle", () => drawColumns(element, named), { once: true });
  return details;
};

export const sideBySide = (named) => {
  const has = (name) => named.every(([, chart]) => chart.sections[name]);
  const names = Object.keys(TOLD).filter(has);
  names.forEach((name) => alike(named[0][1], named[1][1], name));
  const load = has("load") ? columns(named, "load") : null;
  const element = h("div", {}, load, has("gantt") ? folded(named) : null);
  return { element, drawn: async () => load && drawColumns(load, named) };
};

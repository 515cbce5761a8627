// Two plans of a site side by side: figures, what became of every stay, and both charts.

import { get, planUrl } from "./api.js";
import { sideBySide } from "./charts.js";
import { card, h, heading, link, number, planHref, table, when } from "./dom.js";
import { figuresTable } from "./figures.js";

const MOST_ROWS = 200;
const CHANGES = { moved: "charges at another time", "only-before": "no longer there", "only-after": "new" };
const HEADINGS = ["Vehicle", "Leaves", "What", "#SoC before", "#SoC after", "#Moved", "#Largest step"];

export const showCompare = async (main, [before, after], signal) => {
  const path = planUrl(before, `/comparison?with=${encodeURIComponent(after)}`);
  const charts = [before, after].map((planId) => get(planUrl(planId, "/chart"), { signal }));
  const [found, one, other] = await Promise.all([get(path, { signal }), ...charts]);
  const names = [found.before, found.after].map(({ createdAt }) => when(createdAt, one.timeZone));
  const named = names[0] === names[1] ? names.map((name, i) => `${name} (${"AB"[i]})`) : names;
  const both = sideBySide([[named[0], one], [named[1], other]]);
  main.replaceChildren(
    heading("Two plans", `${one.locationUid}: ${names.join(" and ")}`, `${number(found.movedKwh, 1)} kWh charge at another time, or no longer; times in ${one.timeZone}.`,
      link("The first", planHref(before), { class: "button" }), link("The second", planHref(after), { class: "button" })),
    card("Figures", figuresTable("Key figures of both plans", named, found.figures)),
    card("Both nights", both.element),
    card("Stays that changed", changes(found.schedules, one.timeZone)));
  both.drawn().catch((error) => main.append(error.message));
};

const changes = (schedules, zone) => {
  const changed = schedules.filter(({ change }) => change !== "same").sort((a, b) => b.movedKwh - a.movedKwh);
  if (!changed.length) return h("p", { class: "verdict good-text" }, "✓ Every stay charges as before.");
  const note = changed.length > MOST_ROWS ? `; the ${MOST_ROWS} with the most energy moved` : "";
  return h("div", {},
    h("p", { class: "note" }, `${changed.length} of ${schedules.length} stays${note}.`),
    table("Stays that changed, the most moved energy first", HEADINGS, changed.slice(0, MOST_ROWS).map((each) => line(each, zone))));
};

const percent = (soc) => (soc === null ? "–" : `${number(soc, 1)} %`);

const line = ({ evId, departure, change, endSoC, movedKwh, largestPowerChangeKw }, zone) => [
  evId,
  when(departure, zone),
  CHANGES[change] || change,
  percent(endSoC.before),
  percent(endSoC.after),
  `${number(movedKwh, 1)} kWh`,
  `${number(largestPowerChangeKw, 1)} kW`,
];

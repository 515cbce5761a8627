// A repair, tried: the whole depot planned anew with it, beside the plan as it is.

import { get, planUrl, post } from "./api.js";
import { sideBySide } from "./charts.js";
import { button, card, h, number, say } from "./dom.js";
import { figuresTable } from "./figures.js";

export const tryRepair = async ({ chart, shortfall, repair, words }, place, pressed) => {
  const request = await get(planUrl(chart.planId, "/request"));
  const change = { kind: "repair", name: words, scheduleId: shortfall.scheduleId, repair };
  const question = { request: { ...request, now: request.now || chart.now }, changes: [change], includeCharts: true };
  const { currency, base, changes } = await post("/v1/what-if", question);
  show(place, pressed, { currency, base, changed: changes[0], shortfall });
};

const show = async (place, pressed, { currency, base, changed, shortfall }) => {
  const both = sideBySide([["As planned", base.chart], ["With the change", changed.chart]]);
  const close = () => {
    place.replaceChildren();
    pressed.focus();
  };
  const verdict = verdictOn(changed, shortfall);
  const result = card(`What if: ${changed.name} (${shortfall.evId})?`,
    h("p", { class: verdict.includes("leaves ready") ? "verdict good-text" : "verdict" }, verdict),
    h("p", { class: "note" }, "The whole depot is planned anew: what is gained goes to whoever is shortest. Nothing is kept or sent."),
    figuresTable("Key figures with and without the change", ["As planned", "Changed"], figures(base, changed), currency),
    both.element,
    button("Close", close));
  place.replaceChildren(result);
  const title = result.querySelector("h2");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
  title.scrollIntoView({ block: "start", behavior: "instant" });
  say(verdict);
  await both.drawn();
};

const verdictOn = ({ difference, figures: { short } }, { scheduleId, evId }) => {
  const own = short.find((each) => each.scheduleId === scheduleId);
  const mine = own ? `${evId} leaves with ${number(own.plannedSoC, 1)}\u202f% of ${number(own.targetSoC, 1)}\u202f%.` : `${evId} leaves ready.`;
  const others = difference.noLongerShort.filter((id) => id !== scheduleId).length;
  const left = short.length ? ` ${short.length} still short.` : " Nobody goes short.";
  const news = difference.newlyShort.length ? ` ${difference.newlyShort.length} newly short.` : "";
  return `${mine}${others ? ` So do ${others} more.` : ""}${left}${news}`;
};

const NAMED = [["missingKwh", "shortfallKwh"], "cost", "energyCost", "demandCost", "peakKw", "energyKwh", "carbonKg"];

const figures = (base, changed) =>
  NAMED.map((each) => {
    const [theirs, ours] = Array.isArray(each) ? each : [each, each];
    return { name: ours, before: base.figures[theirs], after: changed.figures[theirs], change: changed.difference[theirs] };
  });

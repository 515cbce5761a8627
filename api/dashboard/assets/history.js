// The plans of a site, newest first, with what each changed; two of them to be compared.

import { get } from "./api.js";
import { ago, button, card, h, heading, link, number, planHref, siteHref, table, when, working } from "./dom.js";

const HEADINGS = ["Made", "Why", "#Missing", "#Short", "#Peak", "#Objective", "#Churn", "Compare"];

export const showHistory = async (main, [uid], signal) => {
  const path = `/v1/plans?site=${encodeURIComponent(uid)}`;
  const [first, { sites }] = await Promise.all([get(path, { signal }), get("/v1/sites", { signal })]);
  const zone = sites.find((site) => site.locationUid === uid)?.timeZone;
  const plans = [...first.plans];
  const place = h("div");
  const chosen = new Set(plans.slice(0, 2).map(({ planId }) => planId));
  const render = (next) => place.replaceChildren(...content(plans, zone, chosen, next && (() => more(next))));
  const more = async (next) => {
    const page = await get(next, { signal });
    plans.push(...page.plans);
    render(page.next);
  };
  render(first.next);
  const toSite = link("Tonight", siteHref(uid), { class: "button" });
  main.replaceChildren(heading("History", uid, `Every plan, newest first; times in ${zone || "your own zone"}. Churn: the share of the energy that a replan moved.`, toSite), place);
};

const content = (plans, zone, chosen, more) => {
  if (!plans.length) return [card("Plans", h("p", {}, "No plan was made for this site yet."))];
  const compare = button("Compare the two chosen", () => open(plans, chosen), { class: "main" });
  const follow = () => {
    compare.disabled = chosen.size !== 2;
  };
  follow();
  const rows = plans.map((plan) => line(plan, zone, chosen, follow));
  const older = more && button("Older plans", ({ currentTarget }) => working(currentTarget, "Fetching…", more));
  return [card("Plans", table("Plans, newest first", HEADINGS, rows), h("div", { class: "actions" }, compare, older || null))];
};

const open = (plans, chosen) => {
  const [after, before] = plans.filter(({ planId }) => chosen.has(planId));
  location.hash = planHref(before.planId, `/with/${encodeURIComponent(after.planId)}`);
};

const line = (plan, zone, chosen, follow) => [
  h("span", {}, link(when(plan.createdAt, zone), planHref(plan.planId)), h("br"), h("span", { class: "soft" }, ago(plan.createdAt))),
  plan.triggerDescription || plan.trigger || "asked for",
  plan.shortfallKwh ? h("span", { class: "bad-text" }, `▲ ${number(plan.shortfallKwh, 1)} kWh`) : "0 kWh",
  number(plan.short),
  plan.peakKw === null ? "–" : `${number(plan.peakKw)} kW`,
  `${number(plan.objective, 2)} (${plan.strategy})`,
  `${number(100 * plan.churn, 1)} %`,
  choice(plan, zone, chosen, follow),
];

const choice = ({ planId, createdAt }, zone, chosen, follow) =>
  h("input", {
    type: "checkbox",
    checked: chosen.has(planId),
    "aria-label": `Compare the plan of ${when(createdAt, zone)}`,
    onchange: ({ target }) => {
      if (target.checked) chosen.add(planId);
      else chosen.delete(planId);
      follow();
    },
  });

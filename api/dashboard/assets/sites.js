// Every site at a glance, the worst first.

import { get } from "./api.js";
import { ago, card, h, heading, link, number, siteHref, table } from "./dom.js";

const EVERY_MS = 20_000;
const HEADINGS = ["Site", "Tonight", "#Peak of cap", "Planned", "Last replan", "Pushes", "Plans"];

export const showSites = async (main, _, signal) => {
  const place = h("div");
  let shown = "";
  const refresh = async () => {
    const [{ sites }, { replans }] = await Promise.all([get("/v1/sites", { signal }), get("/v1/replans", { signal })]);
    const text = JSON.stringify([sites, replans]);
    if (text !== shown) place.replaceChildren(...content(sites, replans));
    shown = text;
  };
  await refresh();
  main.replaceChildren(place);
  const timer = setInterval(() => document.hidden || refresh().catch(() => {}), EVERY_MS);
  signal.addEventListener("abort", () => clearInterval(timer));
};

const content = (sites, replans) => {
  const actions = [link("Replan", "#/replans", { class: "button" }), link("Plan a file", "#/upload", { class: "button main" })];
  const head = heading("Depots", "Sites", facts(sites, replans), actions);
  return sites.length ? [head, card("Tonight", table("Every site, the worst first", HEADINGS, rows(sites, replans)))] : [head, empty()];
};

const facts = (sites, replans) => {
  const count = `${sites.length} ${sites.length === 1 ? "site" : "sites"}`;
  const [last] = replans;
  if (!last) return `${count}, never replanned here`;
  return h("span", {}, `${count}, last replan `, ago(last.startedAt), `: ${last.state}`);
};

const empty = () =>
  card("No site yet", h("p", {}, "Plan a request file, describe a site with ", h("code", {}, "depot sites import FILE.json"),
    ", or let a replan read the sites from the charging platform."));

const trouble = ({ newestPlan, failingPushes }) => (newestPlan?.shortfallKwh || 0) + 1000 * failingPushes;

const rows = (sites, replans) =>
  [...sites].sort((a, b) => trouble(b) - trouble(a) || a.locationUid.localeCompare(b.locationUid)).map((site) => {
    const plan = site.newestPlan;
    return [
      link(site.locationUid, siteHref(site.locationUid)),
      tonight(plan),
      peak(plan),
      plan ? h("span", {}, ago(plan.createdAt), plan.trigger ? "" : ", on request") : "–",
      outcome(site.locationUid, replans),
      pushes(site),
      link("History", siteHref(site.locationUid, "/plans"), { "aria-label": `History of ${site.locationUid}` }),
    ];
  });

const tonight = (plan) => {
  if (!plan) return h("span", { class: "soft" }, "no plan yet");
  if (!plan.shortfallKwh && !plan.short) return h("span", { class: "good-text" }, "✓ everybody ready");
  const who = plan.short === null ? "short" : `${plan.short} short`;
  return h("span", { class: "bad-text" }, `▲ ${who}, ${number(plan.shortfallKwh, 1)} kWh`);
};

const peak = (plan) => {
  if (!plan?.peakCapKw) return "–";
  const share = Math.min(1, plan.peakKw / plan.peakCapKw);
  const bar = h("i");
  bar.style.width = `${100 * share}%`;
  return h("span", { class: "gauge" }, `${number(plan.peakKw)} of ${number(plan.peakCapKw)} kW`, h("span", { class: "meter", "aria-hidden": "true" }, bar));
};

const outcome = (uid, replans) => {
  for (const run of replans) {
    const found = run.outcomes.find((each) => each.locationUid === uid);
    if (found) return h("span", { class: found.state === "failed" ? "bad-text" : "" }, `${found.state} `, ago(found.finishedAt));
  }
  return "–";
};

const pushes = ({ failingPushes }) =>
  failingPushes ? h("span", { class: "bad-text" }, `▲ ${failingPushes} failing`) : h("span", { class: "soft" }, "none failing");

// One plan of a site: who will not be ready, the load, every vehicle; and each repair to be tried.

import { get, planUrl, post } from "./api.js";
import { draw } from "./charts.js";
import { button, card, h, heading, html, link, siteHref, working } from "./dom.js";
import { tryRepair } from "./what_if.js";

const MOST_ROWS = 8;

export const showSite = async (main, [uid], signal) => {
  const planId = await newestOf(uid, signal);
  if (planId) return showPlan(main, [planId], signal);
  main.replaceChildren(
    heading("Site", uid, "Nothing is planned here yet.", replanButton(uid)),
    card("No plan yet", h("p", {}, "Replan the site, or plan a request file for it.")));
  return undefined;
};

const newestOf = async (uid, signal) => {
  const { sites } = await get("/v1/sites", { signal });
  return sites.find((site) => site.locationUid === uid)?.newestPlan?.planId;
};

export const showPlan = async (main, [planId], signal) => {
  const chart = await get(planUrl(planId, "/chart"), { signal });
  const { header, tiles, ready, remarks, load, gantt, stays, footer } = chart.sections;
  const answer = h("div", { id: "what-if" });
  const top = html(header);
  top.querySelector("h1").setAttribute("tabindex", "-1");
  const page = h("div", {}, h("div", { class: "view" }, top, actions(chart)),
    html(tiles), html(ready), answer, html(remarks), html(load), html(gantt), html(stays), html(footer));
  fold(page.querySelector("[aria-labelledby=h-ready]"));
  page.querySelectorAll("[data-repair]").forEach((item) => offer(item, chart, answer));
  main.replaceChildren(page);
  draw(page, chart).catch((error) => page.append(error.message));
};

// Where nearly everybody is short the charts would be far away.
const fold = (section) => {
  const rest = [...section.querySelectorAll("tbody tr")].slice(MOST_ROWS);
  const hide = (hidden) => rest.forEach((row) => (row.hidden = hidden));
  if (rest.length < 2) return;
  hide(true);
  const all = button(`Show all ${rest.length + MOST_ROWS}`, () => {
    hide(false);
    rest[0].querySelector("button")?.focus();
    all.remove();
  });
  section.append(all);
};

const actions = ({ planId, locationUid }) =>
  h("div", { class: "actions" },
    link("History", siteHref(locationUid, "/plans"), { class: "button" }),
    button("Download plan", ({ currentTarget }) => working(currentTarget, "Fetching…", () => download(planId))),
    replanButton(locationUid));

const replanButton = (uid) =>
  button("Replan now", ({ currentTarget }) => working(currentTarget, "Starting…", async () => {
    const { runId } = await post("/v1/replans", { locationUids: [uid] });
    location.hash = `#/replans/${runId}`;
  }), { class: "main" });

const download = async (planId) => {
  const text = JSON.stringify(await get(planUrl(planId)), null, 1);
  const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  h("a", { href: url, download: `plan-${planId}.json` }).click();
  URL.revokeObjectURL(url);
};

const offer = (item, chart, answer) => {
  const { schedule, repair } = item.dataset;
  const shortfall = chart.shortfalls.find(({ scheduleId }) => scheduleId === schedule);
  const words = item.textContent;
  const wish = { chart, shortfall, repair: shortfall.repairs[Number(repair)], words };
  const tried = ({ currentTarget }) => working(currentTarget, "Trying…", () => tryRepair(wish, answer, currentTarget));
  item.append(" ", button("Try", tried, { class: "try", "aria-label": `Try: ${words} (${shortfall.evId})` }));
};

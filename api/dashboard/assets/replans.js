// Replans so far, and a new one.

import { get, post } from "./api.js";
import { ago, button, card, h, heading, link, table, working } from "./dom.js";

const HEADINGS = ["Started", "State", "#Sites", "#Planned", "#Changed", "#Confirmed", "#Not confirmed", "#Short"];

export const showReplans = async (main, _, signal) => {
  const [{ sites }, { replans }] = await Promise.all([get("/v1/sites", { signal }), get("/v1/replans", { signal })]);
  const list = replans.length
    ? table("Replans, newest first", HEADINGS, replans.map(line))
    : h("p", {}, "Nothing was replanned here yet.");
  main.replaceChildren(
    heading("Replans", "Replans", "Read every site from the charging platform, plan it, and push what changed."),
    card("Replan now", form(sites)), card("So far", list));
};

const form = (sites) => {
  const site = h("select", { id: "site" }, h("option", { value: "" }, "Every site"), sites.map(({ locationUid }) => h("option", { value: locationUid }, locationUid)));
  const [dry, force] = [h("input", { type: "checkbox", id: "dry" }), h("input", { type: "checkbox", id: "force" })];
  const start = button("Start", ({ currentTarget }) => working(currentTarget, "Starting…", async () => {
    const wish = { locationUids: site.value ? [site.value] : null, dryRun: dry.checked, force: force.checked };
    location.hash = `#/replans/${(await post("/v1/replans", wish)).runId}`;
  }), { class: "main" });
  return h("div", { class: "fields" },
    h("label", { for: "site" }, "Site"), site,
    h("label", { class: "check" }, dry, "Only look: keep and send nothing"),
    h("label", { class: "check" }, force, "Send every plan, changed or not"),
    start);
};

export const STATES = { done: "✓ done", running: "… running", partial: "▲ partly done", failed: "▲ failed", cancelled: "cancelled", abandoned: "▲ abandoned" };
export const stateOf = (state) =>
  h("span", { class: { done: "good-text", partial: "bad-text", failed: "bad-text", abandoned: "bad-text" }[state] || "" }, STATES[state] || state);

const line = ({ runId, startedAt, state, total, done, counts }) => [
  link(ago(startedAt), `#/replans/${runId}`),
  stateOf(state),
  `${done} of ${total}`,
  ...["planned", "changed", "confirmed", "unconfirmed", "shortfalls"].map((name) => String(counts[name] ?? "–")),
];

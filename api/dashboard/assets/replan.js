// One replan as it goes: told by the service at every change, until it is over.

import { events, post } from "./api.js";
import { ago, button, card, h, heading, link, planHref, problem, say, siteHref, table, working } from "./dom.js";
import { stateOf } from "./replans.js";

const HEADINGS = ["Site", "State", "#Planned", "#Changed", "#Confirmed", "#Not confirmed", "#Short", "Plan"];
const AGAIN_MS = 1000;
const COUNTS = ["planned", "changed", "confirmed", "unconfirmed", "shortfalls"];

// There as soon as the first state is; then it goes on by itself.
export const showReplan = (main, [runId], signal) => {
  const path = `/v1/replans/${encodeURIComponent(runId)}`;
  const view = frame(path);
  return new Promise((resolve, reject) => {
    const onRun = (run) => {
      update(view, run);
      if (!view.page.isConnected) main.replaceChildren(view.page);
      resolve();
    };
    follow(`${path}/events`, signal, onRun).catch((error) => {
      if (view.page.isConnected && !signal.aborted) view.problems.append(problem(error));
      reject(error);
    });
  });
};

const follow = async (path, signal, onRun) => {
  for (let state = "running"; state === "running" && !signal.aborted; await pause()) {
    for await (const run of events(path, { signal })) {
      onRun(run);
      ({ state } = run);
    }
  }
};

// A stream that was cut off, by a proxy or a service that starts anew, is asked for again.
const pause = () => new Promise((resolve) => setTimeout(resolve, AGAIN_MS));

const frame = (path) => {
  const cancel = button("Cancel", ({ currentTarget }) => working(currentTarget, "Cancelling…", () => post(`${path}/cancel`, {})));
  const bar = h("progress", { "aria-label": "Sites done" });
  const [words, problems, sites] = [h("p", { class: "verdict" }), h("div"), h("div")];
  const page = h("div", {},
    heading("Replans", "Replan", "", link("All replans", "#/replans", { class: "button" }), cancel),
    card("Progress", words, bar, problems), card("Sites", sites));
  return { page, cancel, bar, words, problems, sites };
};

const update = ({ page, cancel, bar, words, problems, sites }, run) => {
  page.querySelector(".facts").replaceChildren("Started ", ago(run.startedAt), run.report.dryRun ? ", a dry run: nothing is kept or sent" : "");
  Object.assign(bar, { max: Math.max(1, run.total), value: run.done });
  const told = `${run.done} of ${run.total} sites done`;
  words.replaceChildren(stateOf(run.state), `: ${told}${run.cancelRequested && run.state === "running" ? ", cancelling" : ""}`);
  say(`${told}, ${run.state}`);
  cancel.hidden = run.state !== "running";
  problems.replaceChildren(...troubles(run));
  sites.replaceChildren(rows(run));
};

const rows = ({ inWork, outcomes }) => {
  const working = inWork.map(({ locationUid, stage }) => [locationUid, `… ${stage}`, ...COUNTS.map(() => ""), ""]);
  const over = outcomes.map(({ locationUid, state, counts, planId, detail }) => [
    link(locationUid, siteHref(locationUid)),
    h("span", {}, stateOf(state), detail ? h("span", { class: "soft" }, ` ${detail}`) : null),
    ...COUNTS.map((name) => String(counts[name] ?? "–")),
    planId ? link("Plan", planHref(planId), { "aria-label": `Plan of ${locationUid}` }) : "–",
  ]);
  const all = [...working, ...over];
  return all.length ? table("Sites of this replan", HEADINGS, all) : h("p", {}, "No site is in work yet.");
};

const troubles = ({ report }) => {
  const lines = [
    report.problem,
    ...(report.sites || []).flatMap(({ locationUid, unconfirmed, rejected }) => [
      ...unconfirmed.map(({ evId, state, detail }) => `${locationUid}, ${evId}: ${state}${detail ? `, ${detail}` : ""}`),
      ...rejected.map(({ pointer, message }) => `${locationUid}${pointer}: ${message}`),
    ]),
  ].filter(Boolean);
  return lines.length ? [h("div", { class: "problem" }, h("ul", {}, lines.map((line) => h("li", {}, line))))] : [];
};

// Which view is shown: the part of the address after # says it, and the back button works.

import { forgetKey, hasKey } from "./api.js";
import { h, problem, say, tellTime } from "./dom.js";
import { showCompare } from "./compare.js";
import { showHistory } from "./history.js";
import { showLock } from "./lock.js";
import { showPlan, showSite } from "./night.js";
import { showReplan } from "./replan.js";
import { showReplans } from "./replans.js";
import { showSites } from "./sites.js";
import { showUpload } from "./upload.js";

const VIEWS = [
  [/^\/?$/, showSites],
  [/^\/sites\/([^/]+)$/, showSite],
  [/^\/sites\/([^/]+)\/plans$/, showHistory],
  [/^\/plans\/([^/]+)$/, showPlan],
  [/^\/plans\/([^/]+)\/with\/([^/]+)$/, showCompare],
  [/^\/replans$/, showReplans],
  [/^\/replans\/([^/]+)$/, showReplan],
  [/^\/upload$/, showUpload],
];
const TICK_MS = 20_000;

const main = document.getElementById("main");
const forget = document.getElementById("forget");
let leaving = new AbortController();

const found = (path) => {
  for (const [pattern, view] of VIEWS) {
    const match = path.match(pattern);
    if (match) return [view, match.slice(1).map(decodeURIComponent)];
  }
  return [async () => { throw new Error("There is no such view."); }, []];
};

const failed = (error) => {
  if (error.name === "AbortError") return;
  if (error.status === 401) showLock(main, go);
  else main.replaceChildren(h("h1", { tabindex: "-1" }, "That did not work"), problem(error));
};

const arrived = (isFirst) => {
  const title = main.querySelector("h1");
  document.title = title ? `${title.textContent} | Depot charging` : "Depot charging";
  forget.hidden = !hasKey();
  main.removeAttribute("aria-busy");
  if (!isFirst) title?.focus();
};

const mark = (path) => {
  const here = ["/replans", "/upload"].find((start) => path.startsWith(start)) || "/";
  document.querySelectorAll("nav a").forEach((each) => {
    if (each.hash === `#${here}`) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  });
};

async function go(isFirst = false) {
  leaving.abort();
  const { signal } = (leaving = new AbortController());
  const path = location.hash.slice(1);
  mark(path);
  say("");
  main.setAttribute("aria-busy", "true");
  const [view, parts] = found(path);
  try {
    await view(main, parts, signal);
  } catch (error) {
    if (!signal.aborted) failed(error);
  }
  if (!signal.aborted) arrived(isFirst === true);
}

document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
forget.addEventListener("click", () => {
  forgetKey();
  go();
});
window.addEventListener("hashchange", go);
window.addEventListener("unhandledrejection", ({ reason }) => reason?.status === 401 && failed(reason));
setInterval(tellTime, TICK_MS);
go(true);

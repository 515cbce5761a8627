// A plan request from a file, planned at once.

import { later } from "./api.js";
import { button, card, h, heading, planHref, say, working } from "./dom.js";

const PLANS = "/v1/plans?onInvalid=";

export const showUpload = async (main, _, signal) => {
  const file = h("input", { type: "file", id: "file", accept: ".json,application/json" });
  const skip = h("input", { type: "checkbox", id: "skip" });
  const plan = button("Plan", ({ currentTarget }) => send(currentTarget, file, skip, signal), { class: "main" });
  file.addEventListener("change", () => file.files.length && plan.click());
  main.replaceChildren(
    heading("Plan a file", "Plan a request file", "The file is sent to this service only. The plan is kept with its site, and nothing is pushed."),
    card("Request", h("div", { class: "fields" },
      h("label", { for: "file" }, "A plan request (JSON), as for ", h("code", {}, "depot plan")), file,
      h("label", { class: "check" }, skip, "Leave out bad entries and plan the rest"), plan)));
};

const send = (pressed, file, skip, signal) =>
  working(pressed, "Planning…", async () => {
    const [chosen] = file.files;
    if (!chosen) throw new Error("Choose a file first.");
    const begun = Date.now();
    const onState = (state) => {
      const seconds = Math.round((Date.now() - begun) / 1000);
      pressed.textContent = state === "queued" ? "Waiting…" : `Planning… ${seconds} s`;
      if (seconds % 10 === 1) say(pressed.textContent);
    };
    const { planId } = await later(`${PLANS}${skip.checked ? "skip" : "reject"}`, chosen, { signal, onState });
    if (!signal.aborted) location.hash = planHref(planId);
  });

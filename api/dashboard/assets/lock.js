// Asks for the key, where the service has keys.

import { forgetKey, hasKey, useKey } from "./api.js";
import { button, card, h, heading } from "./dom.js";

export const showLock = (main, again) => {
  const refused = hasKey();
  forgetKey();
  const input = h("input", { id: "key", type: "password", autocomplete: "current-password", required: true });
  const words = refused ? h("p", { class: "problem", role: "alert" }, "The service does not take this key.") : null;
  const submitted = (event) => {
    event.preventDefault();
    useKey(input.value.trim());
    again();
  };
  main.replaceChildren(
    heading("Locked", "This service asks for a key", "It is kept in this tab until you close it, and sent to this service only."),
    card("Key", h("form", { class: "fields", onsubmit: submitted },
      h("label", { for: "key" }, "API key"), input, button("Open", null, { type: "submit", class: "main" }), words)));
  input.focus();
};

// Makes elements, and sets figures and times for reading. Text is always text, never markup.

const THIN = "\u202f";

export const h = (tag, props = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else if (value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
};

// HTML of the service's own sections, in which whatever came from outside is escaped already.
export const html = (text) => {
  const template = document.createElement("template");
  template.innerHTML = text || "";
  return template.content;
};

export const number = (value, decimals = 0) =>
  value === null || value === undefined
    ? "–"
    : (Number(value.toFixed(decimals)) + 0)
        .toLocaleString("en-GB", { minimumFractionDigits: decimals, maximumFractionDigits: decimals })
        .replaceAll(",", THIN)
        .replace("-", "−");

export const signed = (value, decimals) => {
  const text = number(value, decimals);
  return value > 0 && /[1-9]/.test(text) ? `+${text}` : text;
};

const UNITS = [["day", 86400], ["h", 3600], ["min", 60]];

const since = (iso) => {
  const seconds = Math.max(0, (Date.now() - Date.parse(iso)) / 1000);
  const [unit, size] = UNITS.find((each) => seconds >= each[1]) || ["", 0];
  if (!size) return "just now";
  const count = Math.floor(seconds / size);
  return `${count} ${unit === "day" && count > 1 ? "days" : unit} ago`;
};

const IN_WORDS = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };

// In the site's zone; without one in the reader's own.
export const when = (iso, timeZone) => new Date(iso).toLocaleString("en-GB", { ...IN_WORDS, timeZone: timeZone || undefined });

export const ago = (iso) => h("time", { datetime: iso, title: when(iso), "data-ago": iso }, since(iso));

export const tellTime = () =>
  document.querySelectorAll("[data-ago]").forEach((place) => (place.textContent = since(place.dataset.ago)));

export const say = (words) => (document.getElementById("said").textContent = words);

// Headings that begin with # stand over figures; roles are named because cards on a phone lose them.
export const table = (caption, headings, rows, kind = "") =>
  h("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    h("table", { class: `cards ${kind}`, role: "table", "aria-label": caption },
      h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, headings.map((name) =>
        h("th", { scope: "col", role: "columnheader", class: name.startsWith("#") ? "n" : "" }, name.replace("#", ""))))),
      h("tbody", { role: "rowgroup" }, rows.map((cells) => row(headings, cells)))));

const row = (headings, [first, ...cells]) =>
  h("tr", { role: "row" }, h("th", { scope: "row", role: "rowheader" }, first), cells.map((cell, place) => {
    const heading = headings[place + 1];
    const label = heading.replace("#", "");
    return h("td", { role: "cell", class: heading.startsWith("#") ? "n" : "", "data-label": label || null }, cell);
  }));

export const card = (heading, ...children) => h("section", { "aria-label": heading }, h("h2", {}, heading), children);

export const heading = (eyebrow, title, facts, ...actions) =>
  h("header", { class: "view" },
    h("div", {}, h("p", { class: "eyebrow" }, eyebrow), h("h1", { tabindex: "-1" }, title), h("p", { class: "facts" }, facts || "")),
    actions.length ? h("div", { class: "actions" }, actions.flat()) : null);

export const button = (words, onclick, props = {}) =>
  h("button", { type: "button", ...(onclick ? { onclick } : {}), ...props }, words);
export const link = (words, href, props = {}) => h("a", { href, ...props }, words);
export const siteHref = (uid, part = "") => `#/sites/${encodeURIComponent(uid)}${part}`;
export const planHref = (planId, part = "") => `#/plans/${encodeURIComponent(planId)}${part}`;

// While it runs the button says so and cannot be pressed again; a problem is shown right after it.
export const working = async (pressed, words, work) => {
  if (pressed.hasAttribute("aria-disabled")) return undefined;
  const before = pressed.textContent;
  const old = pressed.nextElementSibling;
  if (old?.matches(".problem")) old.remove();
  pressed.setAttribute("aria-disabled", "true");
  pressed.textContent = words;
  try {
    return await work();
  } catch (error) {
    if (error.status === 401) throw error; // the key is asked for again
    pressed.after(problem(error));
  } finally {
    pressed.removeAttribute("aria-disabled");
    pressed.textContent = before;
  }
  return undefined;
};

export const problem = (error) =>
  h("div", { class: "problem", role: "alert" }, h("p", {}, error.message),
    error.errors?.length ? h("ul", {}, error.errors.slice(0, 50).map(({ pointer, message }) =>
      h("li", {}, pointer ? h("code", {}, pointer) : null, pointer ? ": " : "", message))) : null,
    error.errors?.length > 50 ? h("p", {}, `and ${error.errors.length - 50} more`) : null);

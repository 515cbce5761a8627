// Key figures of two plans, one beside the other.

import { number, signed, table } from "./dom.js";

const NAMES = {
  shortfallKwh: ["Missing", "kWh", 1],
  cost: ["Cost", "", 2],
  energyCost: ["Energy cost", "", 2],
  demandCost: ["Demand cost", "", 2],
  peakKw: ["Peak", "kW", 1],
  energyKwh: ["Energy from the grid", "kWh", 1],
  carbonKg: ["Carbon", "kg", 1],
  objective: ["Objective", "", 2],
};

// `figures` are {name, before, after, change}; those that neither plan has are left out.
export const figuresTable = (caption, [before, after], figures, currency = "") => {
  const known = figures.filter((figure) => NAMES[figure.name] && (figure.before !== null || figure.after !== null));
  const rows = known.map(({ name, before: one, after: other, change }) => {
    const [words, unit, decimals] = NAMES[name];
    const inUnit = unit || (name === "objective" ? "" : currency);
    const told = (text) => `${text}${inUnit ? `\u00a0${inUnit}` : ""}`;
    return [words, told(number(one, decimals)), told(number(other, decimals)), change === null ? "–" : told(signed(change, decimals))];
  });
  return table(caption, ["Figure", `#${before}`, `#${after}`, "#Difference"], rows, "trio");
};

// Which facilities are shown, by kind and by state.
"use strict";

(() => {
  const kindOf = (facility, text) => (facility.kind ? facility.kind.name : text.kind_unknown);
  const stateOf = (facility, text) => text.statuses[facility.status] || text.status_unknown;

  // A box for each value that occurs, with how many there are; the most frequent first.
  function boxes(heading, values, keys, change) {
    const counts = new Map();
    for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
    const off = new Set();
    const rows = [...counts]
      .sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
      .map(([value, count]) => {
        const box = desk.el("input", { type: "checkbox", checked: "", "data-value": keys[values.indexOf(value)] });
        box.addEventListener("change", () => {
          if (box.checked) off.delete(value);
          else off.add(value);
          change();
        });
        return desk.el("label", { class: "desk-row" }, box, desk.el("span", { class: "desk-name" }, value), desk.el("span", { class: "desk-count" }, desk.figure(count)));
      });
    return { off, node: desk.el("fieldset", { class: "desk-filter" }, desk.el("legend", {}, heading), ...rows) };
  }

  // The boxes by kind and state; change is told which rows are to be seen.
  desk.facilityFilter = ({ facilities, text }, change) => {
    if (!facilities.length) return null;
    const kinds = facilities.map((facility) => kindOf(facility, text));
    const states = facilities.map((facility) => stateOf(facility, text));
    const told = () => change((row) => !byKind.off.has(kinds[row]) && !byState.off.has(states[row]));
    const byKind = boxes(text.kind, kinds, facilities.map(({ kind }) => `kind ${kind ? kind.number : ""}`), told);
    const byState = boxes(text.state, states, facilities.map(({ status }) => `state ${status || ""}`), told);
    return desk.el("details", { id: "desk-filter" }, desk.el("summary", {}, text.filter), byKind.node, byState.node);
  };
})();

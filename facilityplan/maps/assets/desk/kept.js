// What the reader chose, carried over when the page is drawn anew in the other language.
"use strict";

(() => {
  // In this order: a plan decides which stages there are, an open sheet what can be compared.
  const FIELDS = ["desk-scheme", "desk-plan", "desk-stage", "desk-kind", "desk-level", "desk-review", "desk-paper-unit", "desk-paper-review"];
  const PRESSED = ["desk-tab-whatif", "desk-open-table", "desk-open-swipe"];
  const find = (id) => document.getElementById(id);
  const isOn = (node) => ["aria-selected", "aria-expanded", "aria-pressed"].some((name) => node.getAttribute(name) === "true");
  const boxes = () => [...document.querySelectorAll("#desk-panel [data-layer]")];
  // boxes of the filter stand in another order where their names do
  const filters = () => [...document.querySelectorAll("#desk-filter [data-value]")];

  const views = () => [...document.querySelectorAll("#desk-table:not([hidden]) .desk-buttons button")];

  desk.remember = () => ({
    fields: new Map(FIELDS.filter(find).map((id) => [id, find(id).value])),
    layers: new Map(boxes().map((box) => [box.dataset.layer, box.checked])),
    hidden: new Set(filters().filter((box) => !box.checked).map((box) => box.dataset.value)),
    pressed: PRESSED.filter((id) => find(id) && isOn(find(id))),
    // which areas the table lists, counted from the last
    listed: views().reverse().findIndex(isOn),
  });

  desk.recall = ({ fields, layers, hidden, pressed, listed }) => {
    const change = (node, event) => node.dispatchEvent(new Event(event, { bubbles: true }));
    for (const [id, value] of fields) {
      const node = find(id);
      if (!node || node.value === value) continue;
      node.value = value;
      change(node, node.type === "range" ? "input" : "change");
    }
    const put = (box, checked) => {
      if (box.checked === checked) return;
      box.checked = checked;
      change(box, "change");
    };
    boxes().forEach((box) => put(box, layers.get(box.dataset.layer)));
    filters().forEach((box) => put(box, !hidden.has(box.dataset.value)));
    pressed.map(find).filter((node) => node && !isOn(node)).forEach((node) => node.click());
    const view = views().reverse()[listed];
    if (view && !isOn(view)) view.click();
  };
})();

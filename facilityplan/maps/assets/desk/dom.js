// Elements made of text, never of markup: whatever a name holds, it is shown as it is written.
"use strict";

window.desk = { EXTRAS: [] };

(() => {
  const SVG = "http://www.w3.org/2000/svg";

  function furnish(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined) node.setAttribute(name, value);
    }
    for (const child of children) {
      if (child === null || child === undefined) continue;
      node.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
    return node;
  }

  // An HTML element; children are nodes or text.
  desk.el = (tag, attributes = {}, ...children) =>
    furnish(document.createElement(tag), attributes, children);

  desk.svg = (tag, attributes = {}, ...children) =>
    furnish(document.createElementNS(SVG, tag), attributes, children);

  // Fills {name} in a message of the catalogue. One pass: what is filled in is not read again.
  desk.fill = (message, values) =>
    message.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));

  // Hands the user a file.
  desk.saveFile = (name, content, type) => {
    const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
    const link = desk.el("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 60000);
  };

  // A figure with separators between thousands and at most that many decimals. Making a format
  // takes longer than a hundred uses of it.
  const formats = new Map();
  desk.figure = (value, digits = 0) => {
    if (!formats.has(digits)) formats.set(digits, new Intl.NumberFormat("en-US", { maximumFractionDigits: digits }));
    return formats.get(digits).format(value);
  };
})();

// The map as a sheet of paper: what it must say around it, at a scale that is true on paper.
"use strict";

(() => {
  const MM_PER_PX = 25.4 / 96;
  const SHEETS = { A4: [297, 210], A3: [420, 297] };
  const MARGIN = 10;
  const SIDE = 62;
  const HEAD = 16;
  const FOOT = 12;
  const NICE = [1, 2, 2.5, 5, 10];

  // Metres on the ground of one CSS pixel in the middle of the map.
  const metresPerPixel = (map) => {
    const middle = map.getSize().divideBy(2);
    const half = L.point(50, 0);
    const [left, right] = [middle.subtract(half), middle.add(half)].map((at) => map.containerPointToLatLng(at));
    return map.distance(left, right) / 100;
  };

  // The largest round length that is no longer than asked for.
  function round(metres) {
    const power = 10 ** Math.floor(Math.log10(metres));
    return power * [...NICE].reverse().find((n) => n * power <= metres);
  }

  desk.scaleBar = (map) => {
    const perPixel = metresPerPixel(map);
    const metres = round(perPixel * 160);
    const width = metres / perPixel;
    return { metres, width, ratio: Math.round((perPixel * 1000) / MM_PER_PX) };
  };

  function bar(map, { text }) {
    const { metres, width, ratio } = desk.scaleBar(map);
    const label = metres >= 1000 ? desk.fill(text.km, { n: desk.figure(metres / 1000, 1) }) : desk.fill(text.m, { n: desk.figure(metres) });
    const part = width / 4;
    return desk.el("div", { class: "desk-paper-scale", "data-metres": metres, "data-width": width },
      desk.svg("svg", { width: width + 2, height: 10, role: "img", "aria-label": label },
        ...[0, 1, 2, 3].map((n) => desk.svg("rect", { x: 1 + n * part, y: 1, width: part, height: 7, fill: n % 2 ? "#ffffff" : "#24292f", stroke: "#24292f", "stroke-width": 0.8 }))),
      desk.el("div", {}, `0 – ${label}`),
      desk.el("div", {}, desk.fill(text.scale_ratio, { n: desk.figure(ratio) })));
  }

  const SMALLEST = 0.5;

  // A legend that is longer than its side of the sheet is drawn smaller, never cut.
  function fit(legend, side) {
    const bottom = side.getBoundingClientRect().bottom - parseFloat(getComputedStyle(side).paddingBottom);
    for (let scale = 1; scale >= SMALLEST; scale -= 0.05) {
      Object.assign(legend.style, { transformOrigin: "0 0", transform: `scale(${scale})`, width: `${100 / scale}%` });
      if (legend.getBoundingClientRect().bottom <= bottom) return;
    }
  }

  const field = (id, label, value = "") => desk.el("label", {}, `${label} `, desk.el("input", { type: "text", id, value, autocomplete: "off" }));

  desk.EXTRAS.push((world) => {
    const { map, city } = world;
    const { text, head } = city;
    let on = false;
    let before = null;
    const page = desk.el("style", {});
    const paper = desk.el("div", { class: "desk-paper desk-outside", hidden: "" });
    const choose = desk.el("select", { "aria-label": text.paper, id: "desk-paper-size" }, ...Object.keys(SHEETS).map((name) => desk.el("option", { value: name }, name)));
    choose.value = "A3";
    const legend = desk.el("div", { class: "desk-paper-legend" });
    const scale = desk.el("div", {});
    const side = desk.el("div", { class: "desk-paper-side" }, desk.northArrow(text.north), scale, legend);
    const title = desk.el("div", { class: "desk-paper-title", role: "heading", "aria-level": "1", contenteditable: "plaintext-only", "aria-label": text.map_title_field }, head.title);
    const unit = field("desk-paper-unit", text.made_by);
    const review = field("desk-paper-review", text.review_number);
    const measure = () => {
      scale.replaceChildren(bar(map, city));
      const shown = document.querySelectorAll("#desk-legend, #desk-legend ~ section.desk-signs");
      legend.replaceChildren(desk.el("h2", {}, text.map_legend), desk.el("p", {}, world.colours.shown), ...[...shown].map((node) => {
        const copy = node.cloneNode(true);
        copy.removeAttribute("id");
        copy.querySelectorAll("details").forEach((part) => part.remove());
        return copy;
      }), layersShown());
      fit(legend, side);
    };
    // what else lies on the map, by the names and signs of the layer switch
    const layersShown = () => desk.el("div", {}, ...world.entries
      .filter(({ key, layer }) => !["residences", "facilities"].includes(key) && map.hasLayer(layer))
      .concat(added())
      .map(({ swatch, label }) => desk.el("div", { class: "desk-row" }, swatch.cloneNode(true), desk.el("span", { class: "desk-name" }, label))));
    const added = () => (world.whatif && world.whatif.isOpen && world.whatif.held.state.added.length ? [{ swatch: desk.siteSign("+", 14), label: text.layer_added }] : []);
    const lay = () => {
      const [width, height] = SHEETS[choose.value];
      page.textContent = `@page { size: ${choose.value} landscape; margin: 0; }`;
      const container = map.getContainer();
      const inner = [width - 2 * MARGIN - SIDE, height - 2 * MARGIN - HEAD - FOOT];
      paper.style.width = `${width}mm`;
      paper.style.height = `${height}mm`;
      Object.assign(container.style, {
        position: "absolute", left: `${MARGIN}mm`, top: `${MARGIN + HEAD}mm`, width: `${inner[0]}mm`, height: `${inner[1]}mm`,
      });
      map.invalidateSize({ pan: false });
      if (before.bounds) map.fitBounds(before.bounds, { animate: false });
      measure();
    };
    const open = () => {
      on = true;
      // areas that are filled are all on the sheet, also those that the open table hides
      const { areas } = world.colours;
      before = { bounds: areas ? areas.bounds : map.getBounds(), center: map.getCenter(), zoom: map.getZoom() };
      document.head.append(page);
      document.body.classList.add("desk-printing");
      paper.hidden = false;
      lay();
      map.on("moveend zoomend", measure);
    };
    const close = () => {
      on = false;
      map.off("moveend zoomend", measure);
      page.remove();
      paper.hidden = true;
      document.body.classList.remove("desk-printing");
      map.getContainer().removeAttribute("style");
      map.getContainer().style.position = "relative";
      map.invalidateSize({ pan: false });
      map.setView(before.center, before.zoom, { animate: false });
    };
    choose.addEventListener("change", () => {
      before.bounds = map.getBounds();
      lay();
    });
    const press = (label, act, id) => {
      const node = desk.el("button", { type: "button", id }, label);
      node.addEventListener("click", act);
      return node;
    };
    paper.append(
      desk.el("div", { class: "desk-paper-bar desk-buttons" }, choose, press(text.print_now, () => window.print(), "desk-print-now"), press(text.close, close, "desk-print-close")),
      desk.el("div", { class: "desk-paper-head" }, title, desk.el("span", { class: "desk-internal" }, text.internal)),
      side,
      desk.el("div", { class: "desk-paper-foot" },
        desk.el("span", {}, desk.fill(text.crs, { crs: head.crs, name: head.crsName })),
        desk.el("span", {}, desk.fill(text.as_of, { date: head.asOf })),
        unit, review, desk.el("span", {}, text.paper_unit), city.bases.length ? desk.el("span", { class: "desk-base-credit" }) : null),
    );
    const opener = press(text.print, () => (on ? close() : open()), "desk-print");
    world.printButton = opener;
    return { outside: [paper], end: () => { if (on) close(); } };
  });
})();

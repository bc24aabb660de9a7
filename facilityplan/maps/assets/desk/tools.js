// What stands beside the map: search, table, measure, before and after, export, language.
"use strict";

(() => {
  const FOUND = 12;
  const LISTED = 300;

  const button = (label, act, more = {}) => {
    const node = desk.el("button", { type: "button", ...more }, label);
    node.addEventListener("click", act);
    return node;
  };

  // Search by name or number over all that has one.
  desk.EXTRAS.push((world) => {
    const { map, city, popup } = world;
    const { text, residences } = city;
    const go = (at, content) => {
      map.setView(at, Math.max(map.getZoom(), 16), { animate: false });
      desk.openPopup(map, at, content, popup);
    };
    const hits = (asked) => {
      const wanted = asked.trim().toLowerCase();
      if (!wanted) return [];
      const found = [];
      const matches = (name, id) => name.toLowerCase().includes(wanted) || String(id).toLowerCase().includes(wanted);
      const list = (kind, items, show) => {
        for (const item of items) {
          if (found.length >= FOUND) return;
          if (matches(item.name, item.id)) found.push({ kind, name: item.name, go: () => go(item.at || item.label, show(item)) });
        }
      };
      list(text.facilities, city.facilities, (item) => desk.facilityPopup(item, popup));
      for (let row = 0; row < residences.count && found.length < FOUND; row += 1) {
        if (!matches(residences.name[row], residences.id[row])) continue;
        found.push({ kind: text.residences, name: residences.name[row], go: () => go(residences.at[row], desk.residencePopup(residences.get(row), popup)) });
      }
      list(text.zone, city.zones, (item) => desk.zonePopup(item, popup));
      list(text.candidate, city.candidates, (item) => desk.candidatePopup(item, popup));
      return found;
    };
    const input = desk.el("input", { type: "search", id: "desk-search", placeholder: text.search, "aria-label": text.search, autocomplete: "off" });
    const results = desk.el("ul", { class: "desk-results", "aria-live": "polite" });
    input.addEventListener("input", () => {
      const found = hits(input.value);
      results.replaceChildren(
        ...found.map((hit) => desk.el("li", {}, button(`${hit.name}　${hit.kind}`, () => { hit.go(); results.replaceChildren(); }))),
        ...(found.length || !input.value.trim() ? [] : [desk.el("li", { class: "desk-note" }, text.search_none)]),
      );
    });
    input.addEventListener("keydown", (event) => {
      const [first] = results.querySelectorAll("button");
      if (event.key === "Enter" && first) first.click();
      if (event.key === "Escape") results.replaceChildren();
    });
    return { head: [desk.el("div", { class: "desk-search", role: "search" }, input, results)] };
  });

  // Rows of the table: what the chosen scheme says of each unit, the worst first.
  function rowsOf({ city, colours }) {
    const { scheme, classes } = colours;
    const { text } = city;
    const rank = new Map([...(scheme.shown || desk.VERDICTS), desk.NO_FINDING].map((own, at) => [own, at]));
    const found = [];
    const put = (own, finding, unit, at, row) => found.push({ own, finding, unit, at, row });
    if (scheme.unitKind !== "residence") {
      colours.units.forEach((unit) => {
        for (const finding of unit.findings) if (scheme.takes(finding.clause)) put(finding.verdict, finding, unit, unit.label || unit.at, -1);
      });
    } else {
      for (const ledger of city.ledgers) {
        if (!scheme.takes(ledger.clause)) continue;
        for (let row = 0; row < ledger.columns.unit.length; row += 1) {
          if (!ledger.isResidence(row)) continue;
          const unit = ledger.columns.unit[row];
          found.push({ own: scheme.classOf ? scheme.classOf(ledger, row) : ledger.columns.verdict[row], ledger, at: row, row: unit, margin: ledger.columns.margin[row] });
        }
      }
    }
    const least = (item) => (item.finding ? item.finding.margin : item.margin);
    const order = (one, other) => rank.get(one.own) - rank.get(other.own) || (least(one) ?? 0) - (least(other) ?? 0) || one.row - other.row;
    return { found: found.sort(order), nameOf: (own) => (own === desk.NO_FINDING ? text.no_finding : (scheme.names || {})[own] || text.verdicts[own]), classes };
  }

  const findingOf = (item) => item.finding || item.ledger.finding(item.at);

  desk.EXTRAS.push((world) => {
    const { map, city, colours, popup } = world;
    const { text, residences } = city;
    const drawer = desk.el("div", { class: "desk-drawer desk-outside", id: "desk-table", role: "region", "aria-label": text.table, hidden: "" });
    const show = (item) => {
      const at = item.row >= 0 ? residences.at[item.row] : item.at;
      map.setView(at, Math.max(map.getZoom(), item.row >= 0 ? 16 : 13), { animate: false });
      const card = item.row >= 0 ? desk.residencePopup(residences.get(item.row), popup) : desk.unitPopup(item.unit, popup);
      desk.openPopup(map, at, card, popup);
    };
    const fill = () => {
      if (drawer.hidden) views.end();
      if (drawer.hidden || !colours.scheme) return;
      const rows = rowsOf(world);
      const { nameOf } = rows;
      const keeps = views.keeps();
      const found = rows.found.filter(({ row }) => row < 0 || keeps(row));
      const { scheme } = colours;
      const heads = [text.name, text.clause, text.verdict, text.value, text.required, text.margin];
      const lines = found.slice(0, LISTED).map((item) => {
        const finding = findingOf(item);
        const name = item.row >= 0 ? residences.name[item.row] : item.unit.name;
        const cells = desk.findingCells(finding, city);
        const own = scheme.classOf ? nameOf(item.own) : cells.verdict;
        return desk.el("tr", {},
          desk.el("th", { scope: "row" }, item.row >= 0 || item.at ? button(name, () => show(item)) : name),
          desk.el("td", {}, finding.clause.id),
          desk.el("td", {}, desk.verdictSwatch(item.own), " ", own),
          ...[cells.value, cells.required, cells.margin].map((cell) => desk.el("td", {}, cell)));
      });
      const { clause } = scheme;
      const quote = clause && desk.el("blockquote", { class: "desk-quote" }, clause.quote, desk.el("cite", {}, desk.fill(text.source, clause)));
      const close = button("×", () => toggle(false), { class: "desk-close", "aria-label": text.close });
      const zones = views.zones();
      const more = found.length > LISTED ? desk.el("p", { class: "desk-note" }, desk.fill(text.table_more, { n: desk.figure(found.length - LISTED) })) : null;
      const asJudged = world.whatif && world.whatif.isOpen ? desk.el("p", { class: "desk-estimate", id: "desk-table-judged" }, text.table_as_judged) : null;
      // the button that had the focus is made anew, and has it again
      const held = drawer.contains(document.activeElement) ? document.activeElement.textContent : null;
      drawer.replaceChildren(...[
        close,
        desk.el("h2", {}, scheme.label, desk.el("small", {}, zones ? text.rank_note : desk.fill(text.table_rows, { n: desk.figure(found.length) }))),
        views.switch(),
        asJudged,
        quote,
        desk.el("div", { class: "desk-scroll" }, ...(zones ? [zones] : [desk.el("table", { class: "desk-list" },
          desk.el("thead", {}, desk.el("tr", {}, ...heads.map((head) => desk.el("th", { scope: "col" }, head)))),
          desk.el("tbody", {}, ...lines)), more])),
      ].filter(Boolean));
      const again = held === null ? null : [...drawer.querySelectorAll("button")].find((node) => node.textContent === held);
      if (again) again.focus({ preventScroll: true });
    };
    const views = desk.tableViews(world, () => fill());
    const toggle = (on) => {
      drawer.hidden = !on;
      document.body.classList.toggle("desk-tabled", on);
      map.invalidateSize({ pan: false });
      opener.setAttribute("aria-expanded", String(on));
      fill();
    };
    const opener = button(text.table, () => toggle(drawer.hidden), { id: "desk-open-table", "aria-expanded": "false", "aria-controls": "desk-table" });
    colours.watch.push(fill);
    world.tableButton = opener;
    world.retable = fill;
    world.listed = () => (drawer.hidden ? () => true : views.keeps());
    return { outside: [drawer], end: () => { if (!drawer.hidden) toggle(false); } };
  });

  // One tool at a time waits for clicks on the map: what is taken up ends what was in hand.
  desk.takeUp = (tools, stop) => {
    if (tools.stop) tools.stop();
    tools.stop = stop;
  };

  // A length or an area: clicks set corners, Enter one in the middle of the map.
  desk.EXTRAS.push((world) => {
    const { map, city, tools, canvas } = world;
    const { text } = city;
    const R = 6371008.8;
    const group = L.layerGroup().addTo(map);
    let corners = [];
    let on = false;
    const said = desk.el("div", { class: "desk-measured desk-outside", role: "status", hidden: "" });
    const length = () => corners.slice(1).reduce((total, at, n) => total + map.distance(corners[n], at), 0);
    const area = () => {
      const rad = Math.PI / 180;
      const twice = corners.reduce((total, at, n) => {
        const other = corners[(n + 1) % corners.length];
        return total + (other.lng - at.lng) * rad * (2 + Math.sin(at.lat * rad) + Math.sin(other.lat * rad));
      }, 0);
      return Math.abs((twice * R * R) / 2);
    };
    const draw = () => {
      group.clearLayers();
      const style = { renderer: canvas.links, pane: "desk-links", color: "#24292f", weight: 2, dashArray: "4 3", interactive: false };
      if (corners.length > 2) L.polygon(corners, { ...style, fillOpacity: 0.08 }).addTo(group);
      else if (corners.length) L.polyline(corners, style).addTo(group);
      corners.forEach((at) => L.circleMarker(at, { ...style, radius: 3, dashArray: null, fillColor: "#ffffff", fillOpacity: 1 }).addTo(group));
      said.textContent = corners.length < 2 ? text.measure_hint : desk.fill(corners.length > 2 ? text.measured_area : text.measured, { length: desk.figure(length()), area: desk.figure(area() / 10000, 2) });
    };
    const click = (event) => {
      // the second click of a double one sets no corner of its own
      if (!on || (event.originalEvent && event.originalEvent.detail > 1)) return;
      corners.push(event.latlng);
      draw();
    };
    map.on("click", click);
    const toggle = (event) => {
      if (!on) desk.takeUp(tools, () => { if (on) toggle(); });
      on = !on;
      tools.busy = on;
      corners = [];
      said.hidden = !on;
      group.clearLayers();
      if (on) draw();
      map.doubleClickZoom[on ? "disable" : "enable"]();
      map.getContainer().classList.toggle("desk-aiming", on);
      opener.setAttribute("aria-pressed", String(on));
      if (on && event && !event.detail) map.getContainer().focus();
    };
    const opener = button(text.measure_tool, toggle, { id: "desk-measure", "aria-pressed": "false" });
    world.measureButton = opener;
    return { outside: [said], end: () => { if (on) toggle(); map.off("click", click); } };
  });

  // Before on the left of the line, after on the right: radius verdicts now and under the scenario.
  desk.EXTRAS.push((world) => {
    const { map, city, colours } = world;
    const { text } = city;
    if (!city.whatif) return null;
    const before = new desk.PackedLayer(city.shapes.residences, { ...colours.layer.options, pane: "desk-before" });
    const slider = desk.el("input", { type: "range", min: "0", max: "100", value: "50", class: "desk-swipe", "aria-label": text.swipe });
    const line = desk.el("div", { class: "desk-line" });
    const labels = [text.before, text.after].map((label, at) => desk.el("span", { class: `desk-side desk-side-${at}` }, label));
    const box = desk.el("div", { class: "desk-swiping", hidden: "" }, line, ...labels, slider);
    map.getContainer().append(box);
    L.DomEvent.disableClickPropagation(slider);
    let on = false;
    const clip = () => {
      const size = map.getSize();
      const middle = (size.x * slider.value) / 100;
      const corner = map.containerPointToLayerPoint([0, 0]);
      const [left, top, right, bottom] = [corner.x, corner.y, corner.x + size.x, corner.y + size.y].map(Math.round);
      const rect = (x0, x1) => `rect(${top}px, ${x1}px, ${bottom}px, ${x0}px)`;
      map.getPane("desk-before").style.clip = rect(left, Math.round(left + middle));
      map.getPane("desk-residences").style.clip = rect(Math.round(left + middle), right);
      line.style.left = `${middle}px`;
    };
    const paint = () => {
      const { held } = world.whatif;
      before.setClasses(desk.radiusClasses(held.before, city.residences.count), [desk.NO_FINDING, 3, 0, 2, 1]);
      colours.show(desk.radiusClasses(held.after, city.residences.count), { unitKind: "residence", label: text.whatif_scheme });
    };
    world.told = () => { if (on) paint(); };
    const toggle = () => {
      on = !on;
      box.hidden = !on;
      opener.setAttribute("aria-pressed", String(on));
      if (on) {
        document.getElementById("desk-tab-whatif").click();
        before.addTo(map);
        paint();
        clip();
        map.on("move zoomend resize", clip);
      } else {
        map.off("move zoomend resize", clip);
        before.remove();
        map.getPane("desk-residences").style.clip = "";
      }
    };
    slider.addEventListener("input", clip);
    world.endSwipe = () => { if (on) toggle(); };
    const opener = button(text.swipe, toggle, { id: "desk-open-swipe", "aria-pressed": "false" });
    world.swipeButton = opener;
    return {
      end: () => {
        world.endSwipe();
        box.remove();
      },
    };
  });

  const inert = (value) => (/^[=+\-@\t\r\n＝＋－＠]/.test(value) && !/^-?[\d.]+$/.test(value) ? `'${value}` : value);
  const csvCell = (value) => {
    const said = value === null || value === undefined ? "" : inert(String(value));
    return /[",\r\n]/.test(said) ? `"${said.replace(/"/g, '""')}"` : said;
  };

  // What is shown, a line each: unit, clause, verdict and figures as they were judged, and as what
  // the map shows the unit now, under a scenario or a stage as well. Of the open table only its area.
  function exported(world) {
    const { city, colours } = world;
    const { text, residences } = city;
    const { found, nameOf } = rowsOf(world);
    const keeps = world.listed();
    const { classes, names } = colours.now;
    const shownAs = (own) => (own === desk.NO_FINDING ? text.no_finding : names[own] || text.verdicts[own]);
    const heads = [text.id, text.name, text.clause, text.verdict, text.value, text.required, text.margin, text.unit_of, text.households, text.elders,
      desk.fill(text.shown_as, { scheme: colours.shown })];
    const lines = found.filter(({ row }) => row < 0 || keeps(row)).map((item) => {
      const finding = findingOf(item);
      const own = item.row >= 0
        ? [residences.id[item.row], residences.name[item.row]]
        : [item.unit.id, item.unit.name];
      const rest = item.row >= 0
        ? [residences.households[item.row], residences.elders[item.row], shownAs(classes[item.row])]
        : [null, null, colours.shown === colours.scheme.label ? nameOf(item.own) : null];
      const said = colours.scheme.classOf ? nameOf(item.own) : text.verdicts[finding.verdict];
      return { item, cells: [...own, finding.clause.id, said, finding.value, finding.required, finding.margin, finding.clause.unit, ...rest] };
    });
    return { heads, lines };
  }

  const degree = (value) => Math.round(value * desk.SCALE) / desk.SCALE;

  function geometryOf({ city }, item) {
    if (item.row < 0 && !item.at) return null;
    if (item.row < 0 && !item.unit.polygons) return { type: "Point", coordinates: [...item.at].reverse() };
    if (item.row < 0) {
      const close = (ring) => [...ring, ring[0]].map(([lat, lon]) => [lon, lat]);
      return { type: "MultiPolygon", coordinates: item.unit.polygons.map((rings) => rings.map(close)) };
    }
    const { firstRing, firstVertex, x, y, isPoint } = city.shapes.residences;
    const vertex = (at) => [degree(x[at] * 360 - 180), degree((Math.atan(Math.sinh(Math.PI * (1 - 2 * y[at]))) * 180) / Math.PI)];
    const ring = (number) => {
      const found = [];
      for (let at = firstVertex[number]; at < firstVertex[number + 1]; at += 1) found.push(vertex(at));
      return [...found, found[0]];
    };
    if (isPoint[item.row]) return { type: "Point", coordinates: vertex(firstVertex[firstRing[item.row]]) };
    const rings = [];
    for (let number = firstRing[item.row]; number < firstRing[item.row + 1]; number += 1) rings.push(ring(number));
    // rings that turn as the first do are areas of their own, the others holes of the last
    const turn = (list) => list.slice(1).reduce((total, [x1, y1], n) => total + (x1 - list[n][0]) * (y1 + list[n][1]), 0) > 0;
    const parts = [];
    for (const own of rings) {
      if (!parts.length || turn(own) === turn(rings[0])) parts.push([own]);
      else parts[parts.length - 1].push(own);
    }
    return { type: "MultiPolygon", coordinates: parts };
  }

  desk.exportCsv = (world) => {
    const { heads, lines } = exported(world);
    return `\ufeff${[heads, ...lines.map(({ cells }) => cells)].map((line) => line.map(csvCell).join(",")).join("\r\n")}\r\n`;
  };

  desk.exportGeojson = (world) => {
    const { heads, lines } = exported(world);
    const features = lines.map(({ item, cells }) => ({
      type: "Feature",
      properties: Object.fromEntries(heads.map((head, at) => [head, cells[at] === undefined ? null : cells[at]])),
      geometry: geometryOf(world, item),
    }));
    return JSON.stringify({ type: "FeatureCollection", features });
  };

  // The bar of tools comes last: it takes the buttons of the others.
  desk.toolbar = (world) => {
    const { city } = world;
    const { text } = city;
    const other = city.lang === "zh" ? "en" : "zh";
    return desk.el("div", { class: "desk-bar desk-buttons", role: "toolbar", "aria-label": text.tools }, ...[
      world.tableButton,
      world.measureButton,
      world.swipeButton,
      world.printButton,
      button("CSV", () => desk.saveFile(`${text.export_name}.csv`, desk.exportCsv(world), "text/csv"), { id: "desk-csv", title: text.export_csv }),
      button("GeoJSON", () => desk.saveFile(`${text.export_name}.geojson`, desk.exportGeojson(world), "application/geo+json"), { id: "desk-geojson", title: text.export_geojson }),
      button(other === "en" ? "English" : "中文", () => world.restart(other), { id: "desk-lang", lang: other === "en" ? "en" : "zh-CN" }),
    ].filter(Boolean));
  };
})();

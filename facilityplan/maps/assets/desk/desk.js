// Puts map and panel together. folium makes the map; everything on it comes from the data element.
"use strict";

(() => {
  const TOWN = 2;

  const FAR = 13;
  const MANY_SITES = 30;
  // Names are first wanted under the pointer; read before, it need not wait for them.
  const NAMES_MS = 1000;

  const isFar = (map) => map.getZoom() < FAR;

  function furnish(map, city) {
    const { text } = city;
    const north = L.control({ position: "topright" });
    north.onAdd = () => desk.el("div", { class: "desk-north" }, desk.northArrow(text.north));
    const record = L.control({ position: "bottomright" });
    record.onAdd = () => {
      const strip = desk.record(city);
      L.DomEvent.disableClickPropagation(strip);
      return strip;
    };
    const controls = [
      L.control.zoom({ position: "topright", zoomInTitle: text.zoom_in, zoomOutTitle: text.zoom_out }),
      L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }),
      north,
      record,
    ];
    controls.forEach((control) => control.addTo(map));
    const size = () => map.getContainer().classList.toggle("desk-far", isFar(map));
    map.on("zoomend", size);
    return [...controls, { remove: () => map.off("zoomend", size) }];
  }

  // Residences, and the marks of zones and facilities, recoloured when another scheme is chosen.
  function colouring(map, canvas, city, legend) {
    const hatch = desk.hatches();
    const layer = desk.residenceLayer(city.shapes.residences, hatch);
    let marks = L.layerGroup();
    // A facility that is not shown has no ring.
    const seen = (unit) => unit.polygons || !unit.at || (state.ringed && state.shows(unit.row));
    const state = { layer, hatch, scheme: null, shown: "", now: null, staged: null, classes: null, units: [], unitClasses: [], areas: null, ringed: true, shows: () => true, watch: [] };
    let said = [];
    const tell = () => legend.replaceChildren(...said, ...(state.areas ? desk.legendOf(state.areas.classes, state.areas, city) : []));
    // Areas that are filled beside it.
    state.tellAreas = (areas) => {
      state.areas = areas;
      tell();
    };
    // What the residences are coloured by now, and what the legend says of it.
    state.show = (classes, told) => {
      // marks of zones and facilities are verdicts as judged: they go while residences show else
      if (state.scheme && told.unitKind === state.scheme.unitKind) marks.addTo(map);
      else map.removeLayer(marks);
      const shown = told.shown || desk.VERDICTS;
      state.shown = told.label;
      state.now = { classes, names: told.names || {} };
      layer.setClasses(classes, [desk.NO_FINDING, ...[...shown].reverse()]);
      said = desk.legendOf(told.unitKind === "residence" ? classes : state.unitClasses, told, city);
      tell();
    };
    // The marks anew, off the map.
    const remark = () => {
      map.removeLayer(marks);
      marks = desk.unitMarks(canvas, state.units.filter(seen), state.scheme, hatch);
    };
    // Where facilities came or went their rings do too.
    state.ring = () => {
      if (!state.scheme || !map.hasLayer(marks)) return;
      remark();
      marks.addTo(map);
    };
    state.choose = (scheme) => {
      state.scheme = scheme;
      state.classes = scheme.unitKind === "residence"
        ? desk.classesOf(city, scheme)
        : new Int16Array(city.residences.count).fill(desk.NO_FINDING);
      const staged = state.staged && state.staged(scheme, state.classes);
      if (staged) state.classes = staged.classes;
      state.units = desk.unitsOf(city, scheme);
      state.unitClasses = state.units.map((unit) => desk.verdictOf(unit, scheme));
      remark();
      state.show(state.classes, { ...scheme, ...staged });
      state.watch.forEach((hear) => hear(state));
    };
    return state;
  }

  // What lies under the pointer says its name, and on a click all that is known of it; of several
  // layers the first that has something there answers.
  function answering(map, layers, popup, busy) {
    const name = desk.el("div", { class: "desk-hover", role: "status", hidden: "" });
    map.getContainer().append(name);
    const under = (latlng) => {
      if (busy()) return null;
      for (const { layer, nameOf, cardOf } of layers) {
        const row = map.hasLayer(layer) ? layer.at(latlng) : -1;
        if (row >= 0) return { name: () => nameOf(row), card: () => cardOf(row) };
      }
      return null;
    };
    let last = null;
    const show = () => {
      const event = last;
      last = null;
      if (!event) return;
      const found = under(event.latlng);
      name.hidden = found === null;
      map.getContainer().classList.toggle("desk-over", found !== null);
      if (found === null) return;
      name.textContent = found.name();
      const { x, y } = event.containerPoint;
      name.style.transform = `translate(${Math.round(x + 14)}px, ${Math.round(y + 10)}px)`;
    };
    const move = (event) => {
      if (last === null) window.requestAnimationFrame(show);
      last = event;
    };
    const click = (event) => {
      const found = under(event.latlng);
      if (found !== null) desk.openPopup(map, event.latlng, found.card(), popup);
    };
    map.on({ mousemove: move, click });
    map.getContainer().addEventListener("mouseleave", () => { name.hidden = true; });
    return () => {
      map.off({ mousemove: move, click });
      name.remove();
    };
  }

  desk.openPopup = (map, at, content, popup) => {
    const opened = L.popup(popup.options).setLatLng(at).setContent(content);
    opened.openOn(map);
    return opened;
  };

  function zoneEntries(map, canvas, city, popup) {
    const levels = [...new Set(city.zones.map((zone) => zone.level))].sort();
    const preferred = levels.includes(TOWN) ? TOWN : levels[0];
    const labels = new Map();
    const entries = levels.map((level) => {
      const zones = city.zones.filter((zone) => zone.level === level);
      const made = desk.zoneLayer(canvas.zones, zones, level, popup);
      labels.set(level, made.labels);
      return {
        key: `zones-${level}`,
        label: desk.fill(city.text.layer_zones, { level: city.text.levels[level] }),
        swatch: desk.lineSwatch(desk.BASE_STYLES.zones[level]),
        layer: made.layer,
        on: level === preferred,
      };
    });
    let waiting = false;
    const spread = () => {
      waiting = false;
      desk.spread(levels.flatMap((level) => labels.get(level)));
    };
    map.on("zoomend layeradd", () => {
      if (!waiting) window.requestAnimationFrame(spread);
      waiting = true;
    });
    return entries;
  }

  function areaEntries(canvas, city) {
    const named = (entry, message) => ({
      ...entry,
      label: desk.fill(message, { limit: desk.figure(entry.area.limit, 3) }),
      rename(limit) { if (this.named) this.named.textContent = desk.fill(message, { limit }); },
    });
    return city.areas.flatMap((area, position) => {
      const colour = desk.BASE_STYLES.areas[position % desk.BASE_STYLES.areas.length];
      const circles = named({
        key: `area-${position}`,
        swatch: desk.areaSwatch(colour, 0.2),
        layer: desk.areaLayer(canvas.areas, area, city.facilities, colour),
        on: position === 0,
        area,
      }, city.text.layer_area);
      if (area.streets === null) return [circles];
      const streets = named({
        key: `streets-${position}`,
        swatch: desk.lineSwatch({ color: colour, weight: 2.6 }),
        layer: desk.streetLayer(canvas.areas, area, colour),
        on: false,
        area,
        streets: true,
      }, city.text.layer_streets);
      return [circles, streets];
    });
  }

  function baseEntries(canvas, city) {
    const { text } = city;
    const { roads, barriers } = desk.BASE_STYLES;
    const entries = [];
    if (city.shapes.roads.count) {
      entries.push({ key: "roads", label: text.layer_roads, swatch: desk.lineSwatch(roads.major), layer: desk.roadLayer(city.shapes), on: true });
    }
    if (Object.keys(city.barriers).length) {
      const layer = desk.baseLayer(canvas.barriers, city.barriers, barriers);
      entries.push({ key: "barriers", label: text.layer_barriers, swatch: desk.lineSwatch(barriers.water), layer, on: true });
    }
    return entries;
  }

  // The layers of a plan, and the selector that changes it.
  function planning(map, canvas, city, popup, colours) {
    const { proposal, residences, text } = city;
    const sites = L.layerGroup();
    const served = L.layerGroup();
    const summary = desk.el("div", {});
    const stages = desk.el("div", {});
    const options = [...proposal.plans, null].map((plan) => ({
      plan,
      label: plan ? desk.planLabel(plan, city) : text.plan_none,
    }));
    const draw = (plan) => {
      sites.clearLayers();
      served.clearLayers();
      if (plan) {
        desk.siteLayer(plan, popup).addTo(sites);
        desk.servedLayer(canvas.links, plan, residences).addTo(served);
      }
      const many = plan !== null && plan.sites.length > MANY_SITES;
      map.getContainer().classList.toggle("desk-many", many);
    };
    const choose = (position) => {
      const { plan } = options[position];
      stages.replaceChildren(...desk.stagePanel(plan, city, colours, draw));
      summary.replaceChildren(...desk.planSummary(plan, city));
    };
    choose(0);
    const select = desk.select("desk-plan", text.plan, options, choose);
    const lines = { color: desk.PLAN_COLOUR, weight: 1.4 };
    const entries = [
      { key: "sites", label: text.layer_sites, swatch: desk.siteSign("", 14), layer: sites, on: true },
      { key: "served", label: text.layer_served, swatch: desk.lineSwatch(lines), layer: served, on: true },
    ];
    if (proposal.unreachable.length) {
      const layer = desk.unreachableLayer(proposal.unreachable, residences, popup);
      entries.push({ key: "unreachable", label: text.layer_unreachable, swatch: desk.unreachableSign(18), layer, on: true });
    }
    return { section: desk.planSection(select, stages, summary, city), entries };
  }

  function signEntries(city, popup) {
    const { text } = city;
    const entries = [];
    if (city.facilities.length) {
      const { facilities } = city;
      const many = desk.isMany(facilities);
      const layer = many ? desk.facilityTiles(facilities) : desk.facilityLayer(facilities, popup);
      const answer = many ? { nameOf: (row) => facilities[row].name, cardOf: (row) => desk.facilityPopup(facilities[row], popup) } : null;
      entries.push({ key: "facilities", label: text.layer_facilities, swatch: desk.facilitySign("community", "operating", 18), layer, on: true, answer });
    }
    if (city.candidates.length) {
      const { candidates } = city;
      const layer = desk.candidateLayer(candidates, popup);
      const answer = desk.isMany(candidates) ? { nameOf: (row) => candidates[row].name, cardOf: (row) => desk.candidatePopup(candidates[row], popup) } : null;
      entries.push({ key: "candidates", label: text.layer_candidates, swatch: desk.candidateSwatch(), layer, on: false, answer });
    }
    return entries;
  }

  function switchable(map, entries) {
    for (const entry of entries) {
      entry.toggle = (on) => (on ? map.addLayer(entry.layer) : map.removeLayer(entry.layer));
      if (entry.on) entry.toggle(true);
    }
    return entries;
  }

  const POPUP = {
    maxWidth: 620,
    minWidth: 240,
    maxHeight: 420,
    className: "desk-popup",
    autoPanPaddingTopLeft: [34, 12],
    autoPanPaddingBottomRight: [56, 44],
  };

  // Draws everything in one language and returns what takes it all away again.
  function build(map, canvas, packed, shapes, lang, kept) {
    const city = desk.read(packed, lang, shapes);
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    document.title = city.head.title;
    const { text, residences, methods } = city;
    const popup = { text, facilities: city.facilities, residences, methods, options: POPUP };
    const controls = furnish(map, city);
    if (!kept.seen) map.fitBounds(city.bounds, { padding: [24, 24], animate: false });
    kept.seen = true;

    const legend = desk.el("section", { id: "desk-legend" });
    const colours = colouring(map, canvas, city, legend);
    const schemes = desk.schemes(city);
    const plan = city.proposal && planning(map, canvas, city, popup, colours);
    const raster = desk.rasterEntry(map, city);
    const own = { key: "residences", label: text.layer_residences, swatch: desk.verdictSwatch(0), layer: colours.layer, on: true };
    const entries = switchable(map, [
      own,
      ...signEntries(city, popup),
      ...(plan ? plan.entries : []),
      ...areaEntries(canvas, city),
      ...zoneEntries(map, canvas, city, popup),
      ...baseEntries(canvas, city),
      ...(raster ? [raster.entry] : []),
    ]);
    const tools = { busy: false };
    const world = { map, canvas, city, popup, colours, entries, tools, kept, shows: () => true, restart: (next) => kept.restart(next) };
    const facilities = entries.find(({ key }) => key === "facilities");
    if (facilities) {
      const { toggle } = facilities;
      facilities.toggle = (on) => {
        toggle(on);
        colours.ringed = on;
        colours.ring();
      };
    }
    const filter = desk.facilityFilter(city, (shows) => {
      world.shows = shows;
      colours.shows = shows;
      facilities.layer.filter(shows);
      colours.ring();
      if (world.whatif) world.whatif.refresh();
    });
    const answers = [...entries.filter((entry) => entry.answer).map((entry) => ({ layer: entry.layer, ...entry.answer }))];
    answers.push({ layer: colours.layer, nameOf: (row) => residences.name[row], cardOf: (row) => desk.residencePopup(residences.get(row), popup) });
    const silence = answering(map, answers, popup, () => tools.busy);
    const parts = [];
    const bases = desk.baseMaps(map, city, kept);
    if (schemes.length) {
      const select = desk.select("desk-scheme", text.title_scheme, schemes, (n) => colours.choose(schemes[n]));
      parts.push(desk.schemeSection(select, colours, city));
    }
    parts.push(legend, desk.facilityLegend(city, filter), raster && raster.legend);
    if (plan) parts.push(plan.section);
    parts.push(bases && bases.section, desk.layerSwitch(entries, city), desk.elsewhere(city, popup));
    const extras = desk.EXTRAS.map((extra) => extra(world)).filter(Boolean);
    extras.unshift({ head: [desk.toolbar(world)] });
    document.getElementById("desk-panel").append(...desk.panelOf(city, parts.filter(Boolean), extras));
    // before the map, whose many signs are the last that Tab comes to
    map.getContainer().before(desk.foldButton(map, city), ...extras.flatMap((extra) => extra.outside || []));
    if (schemes.length) colours.choose(schemes[0]);
    if (bases) bases.start();
    return () => {
      silence();
      if (bases) bases.end();
      extras.forEach((extra) => extra.end && extra.end());
      map.closePopup();
      map.eachLayer((layer) => map.removeLayer(layer));
      controls.forEach((control) => control.remove());
      document.getElementById("desk-panel").replaceChildren();
      document.querySelectorAll("body > .desk-fold, body > .desk-outside").forEach((node) => node.remove());
    };
  }

  desk.start = (map) => {
    const held = (id) => document.getElementById(id).textContent;
    const packed = desk.unpack(held("desk-data"), held("desk-pack"));
    const shapes = desk.readShapes(packed);
    const canvas = desk.makePanes(map);
    map.setMaxZoom(19);
    const kept = { seen: false };
    map.getContainer().before(document.getElementById("desk-panel"));
    let end = build(map, canvas, packed, shapes, packed.lang, kept);
    window.setTimeout(() => packed.residences.name, NAMES_MS);
    kept.restart = (lang) => {
      const chosen = desk.remember();
      end();
      end = build(map, canvas, packed, shapes, lang, kept);
      desk.recall(chosen);
    };
    document.body.dataset.ready = "true";
  };
})();

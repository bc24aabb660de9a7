// Puts map and panel together. folium makes the map; everything on it comes from the data element.
"use strict";

(() => {
  const TOWN = 2;

  const FAR = 13;
  const MANY_SITES = 30;

  const isFar = (map) => map.getZoom() < FAR;

  function furnish(map, city) {
    const { text } = city;
    map.setMaxZoom(19);
    L.control.zoom({ position: "topright", zoomInTitle: text.zoom_in, zoomOutTitle: text.zoom_out }).addTo(map);
    L.control.scale({ position: "bottomleft", imperial: false, maxWidth: 160 }).addTo(map);
    const north = L.control({ position: "topright" });
    north.onAdd = () => desk.el("div", { class: "desk-north" }, desk.northArrow(text.north));
    north.addTo(map);
    const record = L.control({ position: "bottomright" });
    record.onAdd = () => {
      const strip = desk.record(city);
      L.DomEvent.disableClickPropagation(strip);
      return strip;
    };
    record.addTo(map);
    map.on("zoomend", () => map.getContainer().classList.toggle("desk-far", isFar(map)));
  }

  // Residences and the fills of zones, recoloured when another clause is chosen.
  function colouring(map, canvas, city, popup, legend) {
    const hatch = desk.hatch(2);
    const shapes = city.residences.map((residence) => desk.residenceShape(canvas.residences, residence, popup));
    let fills = L.layerGroup();
    let verdicts = city.residences.map(() => desk.NO_FINDING);
    let far = null;
    const paint = () => {
      far = isFar(map);
      shapes.forEach((shape, row) => {
        const style = far && city.residences[row].polygons ? desk.speckStyle : desk.verdictStyle;
        shape.setStyle(style(verdicts[row], hatch));
      });
    };
    map.on("zoomend", () => {
      if (far !== isFar(map)) paint();
    });
    const choose = (scheme) => {
      verdicts = city.residences.map((residence) => desk.verdictOf(residence, scheme));
      paint();
      map.removeLayer(fills);
      const ofZones = scheme.unitKind === "zone";
      const zones = ofZones ? city.zones.filter((zone) => zone.findings.some(scheme.takes)) : [];
      fills = desk.zoneFills(canvas.areas, zones, scheme, hatch).addTo(map);
      const units = ofZones ? zones : city.residences;
      const found = ofZones ? zones.map((zone) => desk.verdictOf(zone, scheme)) : verdicts;
      legend.replaceChildren(...desk.legendOf(units, scheme, found, city));
    };
    return { layer: L.layerGroup(shapes), paint, choose };
  }

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
    return city.areas.flatMap((area, position) => {
      const colour = desk.BASE_STYLES.areas[position % desk.BASE_STYLES.areas.length];
      const limit = desk.figure(area.limit, 3);
      const circles = {
        key: `area-${position}`,
        label: desk.fill(city.text.layer_area, { limit }),
        swatch: desk.areaSwatch(colour, 0.2),
        layer: desk.areaLayer(canvas.areas, area, city.facilities, colour),
        on: position === 0,
      };
      if (area.streets === null) return [circles];
      const streets = {
        key: `streets-${position}`,
        label: desk.fill(city.text.layer_streets, { limit }),
        swatch: desk.lineSwatch({ color: colour, weight: 2.6 }),
        layer: desk.streetLayer(canvas.areas, area, colour),
        on: false,
      };
      return [circles, streets];
    });
  }

  function baseEntries(canvas, city) {
    const { text } = city;
    const { roads, barriers } = desk.BASE_STYLES;
    const entries = [];
    const add = (key, label, swatch, groups, styles) => {
      if (!Object.keys(groups).length) return;
      entries.push({ key, label, swatch, layer: desk.baseLayer(canvas[key], groups, styles), on: true });
    };
    add("roads", text.layer_roads, desk.lineSwatch(roads.major), city.roads, roads);
    add("barriers", text.layer_barriers, desk.lineSwatch(barriers.water), city.barriers, barriers);
    return entries;
  }

  // The layers of a plan, and the selector that changes it.
  function planning(map, canvas, city, popup) {
    const { proposal, residences, text } = city;
    const sites = L.layerGroup();
    const served = L.layerGroup();
    const summary = desk.el("div", {});
    const options = [...proposal.plans, null].map((plan) => ({
      plan,
      label: plan ? desk.planLabel(plan, city) : text.plan_none,
    }));
    const choose = (position) => {
      const { plan } = options[position];
      sites.clearLayers();
      served.clearLayers();
      if (plan) {
        desk.siteLayer(plan, popup).addTo(sites);
        desk.servedLayer(canvas.links, plan, residences).addTo(served);
      }
      const many = plan !== null && plan.sites.length > MANY_SITES;
      map.getContainer().classList.toggle("desk-many", many);
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
    return { section: desk.planSection(select, summary, city), entries };
  }

  function signEntries(city, popup) {
    const { text } = city;
    const entries = [];
    if (city.facilities.length) {
      const layer = desk.facilityLayer(city.facilities, popup);
      entries.push({ key: "facilities", label: text.layer_facilities, swatch: desk.facilitySign("community", "operating", 18), layer, on: true });
    }
    if (city.candidates.length) {
      const layer = desk.candidateLayer(city.candidates, popup);
      entries.push({ key: "candidates", label: text.layer_candidates, swatch: desk.candidateSwatch(), layer, on: false });
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

  desk.start = (map) => {
    const city = desk.read(JSON.parse(document.getElementById("desk-data").textContent));
    const popup = {
      text: city.text,
      facilities: city.facilities,
      residences: city.residences,
      methods: city.methods,
      options: {
        maxWidth: 620,
        minWidth: 240,
        maxHeight: 420,
        className: "desk-popup",
        autoPanPaddingTopLeft: [34, 12],
        autoPanPaddingBottomRight: [56, 44],
      },
    };
    const canvas = desk.makePanes(map);
    furnish(map, city);
    map.fitBounds(city.bounds, { padding: [24, 24], animate: false });

    const legend = desk.el("section", { id: "desk-legend" });
    const colours = colouring(map, canvas, city, popup, legend);
    const schemes = desk.schemes(city);
    const plan = city.proposal && planning(map, canvas, city, popup);
    const residences = { key: "residences", label: city.text.layer_residences, swatch: desk.verdictSwatch(0), layer: colours.layer, on: true };
    const entries = switchable(map, [
      residences,
      ...signEntries(city, popup),
      ...(plan ? plan.entries : []),
      ...areaEntries(canvas, city),
      ...zoneEntries(map, canvas, city, popup),
      ...baseEntries(canvas, city),
    ]);
    const parts = [desk.headOf(city)];
    colours.paint();
    if (schemes.length) {
      parts.push(desk.schemeSection(desk.select("desk-scheme", city.text.title_scheme, schemes, (n) => colours.choose(schemes[n])), city));
      colours.choose(schemes[0]);
    }
    parts.push(legend, desk.facilityLegend(city));
    if (plan) parts.push(plan.section);
    parts.push(desk.layerSwitch(entries, city), desk.elsewhere(city, popup));
    document.getElementById("desk-panel").append(...parts.filter(Boolean));
    document.body.append(desk.foldButton(map, city));
    document.body.dataset.ready = "true";
  };
})();

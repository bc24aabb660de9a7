// What is drawn on the map, layer by layer, each with its place in the stack.
"use strict";

(() => {
  const ROADS = {
    major: { color: "#d9c9a3", weight: 3.2 },
    middle: { color: "#dcd8cd", weight: 2.2 },
    minor: { color: "#e2e2df", weight: 1.2 },
    path: { color: "#e6e3dc", weight: 1, dashArray: "2 3" },
  };
  const BARRIERS = {
    water: { color: "#a9cfe4", weight: 3, fillColor: "#cfe6f2", fillOpacity: 1 },
    railway: { color: "#8c8c94", weight: 1.8, dashArray: "7 4", fillColor: "#e4e4e8", fillOpacity: 1 },
    other: { color: "#b9aeb4", weight: 2.4, fillColor: "#ece6e9", fillOpacity: 1 },
  };
  const ZONE_LINES = [
    { color: "#4d5560", weight: 2.6, dashArray: "10 3 2 3" },
    { color: "#5f6873", weight: 2, dashArray: "10 3 2 3" },
    { color: "#7b8490", weight: 1.5, dashArray: "6 4" },
    { color: "#98a0aa", weight: 1, dashArray: "3 3" },
    { color: "#98a0aa", weight: 1, dashArray: "3 3" },
  ];
  // Pixels from the middle of a facility's sign to the ring that tells its verdict.
  const RING = 17;
  const AREAS = ["#3d8f7d", "#6f7fb8", "#a5844a"];
  desk.BASE_STYLES = { roads: ROADS, barriers: BARRIERS, zones: ZONE_LINES, areas: AREAS };

  // Names of the panes from the ground up; what lies under a click is looked up, signs answer it.
  const PANES = ["raster", "barriers", "roads", "areas", "zones", "before", "residences", "links", "candidates", "points", "signs"];

  desk.makePanes = (map) => {
    const canvas = {};
    PANES.forEach((name, level) => {
      const pane = map.createPane(`desk-${name}`);
      pane.style.zIndex = String(300 + 20 * level);
      if (name !== "signs") pane.style.pointerEvents = "none";
      canvas[name] = L.canvas({ pane: `desk-${name}`, padding: 0.2 });
    });
    return canvas;
  };

  const still = (canvas, style) => ({ ...style, renderer: canvas, pane: canvas.options.pane, interactive: false });

  desk.baseLayer = (canvas, groups, styles) => {
    const parts = [];
    for (const [look, style] of Object.entries(styles)) {
      const group = groups[look];
      if (!group) continue;
      const options = still(canvas, style);
      if (group.areas.length) parts.push(L.polygon(group.areas.flat(), { ...options, weight: 1 }));
      if (group.lines.length) parts.push(L.polyline(group.lines, { ...options, fill: false }));
    }
    // The heaviest road lies on top.
    return L.layerGroup(parts.reverse());
  };

  desk.zoneLayer = (canvas, zones, level, popup) => {
    const lines = L.polygon(zones.flatMap((zone) => zone.polygons), {
      ...still(canvas, ZONE_LINES[level]),
      fill: false,
    });
    const labels = zones.map((zone) => {
      const node = desk.el("span", { class: `desk-zone desk-zone-${level}` }, zone.name);
      const icon = L.divIcon({ html: node, className: "desk-label", iconSize: null });
      const label = L.marker(zone.label, { icon, pane: "desk-signs", zIndexOffset: -1000 });
      label.bindPopup(() => desk.zonePopup(zone, popup), popup.options);
      return label;
    });
    return { layer: L.layerGroup([lines, ...labels]), labels };
  };

  const areaFill = (canvas, zone, own, hatch, fillOpacity) =>
    L.polygon(zone.polygons, still(canvas.areas, { ...desk.verdictStyle(own, hatch), fillOpacity }));

  // Fills of the zones and rings round the facilities that the chosen clause speaks of.
  desk.unitMarks = (canvas, units, scheme, hatch) =>
    L.layerGroup(
      units.filter(({ polygons, at }) => polygons || at).map((unit) => {
        const own = desk.verdictOf(unit, scheme);
        return unit.polygons
          ? areaFill(canvas, unit, own, hatch, 0.35)
          : L.circleMarker(unit.at, still(canvas.links, { ...desk.verdictStyle(own, hatch), weight: 2, radius: RING }));
      }),
    );

  // Areas filled by class.
  desk.areaFills = (canvas, zones, classes, hatch) =>
    L.layerGroup(zones.map((zone, at) => areaFill(canvas, zone, classes[at], hatch, desk.AREA_OPACITY)));

  // Residences on tiles, recoloured by class.
  desk.residenceLayer = (shapes, hatch) => {
    const style = (own, far) => (far ? desk.speckStyle : desk.verdictStyle)(own, hatch);
    return new desk.PackedLayer(shapes, {
      pane: "desk-residences",
      styleOf: style,
      speckOf: (own) => [desk.COLOURS[own].fill, desk.COLOURS[own].hatch].filter(Boolean),
      order: [desk.NO_FINDING],
    });
  };

  // Roads on tiles, the heaviest on top.
  desk.roadLayer = ({ roads, looks }) => {
    const order = Object.keys(ROADS).reverse();
    const layer = new desk.PackedLayer(roads, {
      pane: "desk-roads",
      styleOf: (own) => ROADS[order[own]],
      speckOf: (own) => [ROADS[order[own]].color],
      order: order.map((_, own) => own),
    });
    return layer.setClasses(Int16Array.from(looks, (look) => order.indexOf(look)), layer.options.order);
  };

  // A sign with its tip or middle on the spot; higher ranks lie on top.
  const sign = (at, node, name, { look = "", size = [20, 20], tip = [10, 10], rank = 0, site = null } = {}) =>
    L.marker(at, {
      icon: L.divIcon({ html: node, className: `desk-sign ${look}`, iconSize: size, iconAnchor: tip }),
      pane: "desk-signs",
      title: name,
      site,
      zIndexOffset: rank,
    });

  const SITE = { look: "desk-site", size: [30, 37], tip: [15, 36], rank: 1000 };
  const LACK = { look: "desk-lack", size: [22, 22], tip: [11, 11], rank: 500 };
  const CANDIDATE = { size: [18, 18], tip: [9, 9], rank: -500 };

  const facilityMarker = (facility, popup) => {
    const node = desk.facilitySign(facility.kind && facility.kind.tier, facility.status);
    return sign(facility.at, node, facility.name).bindPopup(() => desk.facilityPopup(facility, popup), popup.options);
  };

  // A marker each; of those filtered away nothing is left on the map.
  desk.facilityLayer = (facilities, popup) => {
    const signs = facilities.map((facility) => facilityMarker(facility, popup));
    const layer = L.layerGroup(signs);
    layer.signs = signs;
    layer.filter = (wanted) => signs.forEach((own, row) => (wanted(row) ? layer.addLayer(own) : layer.removeLayer(own)));
    return layer;
  };
  desk.facilityMarker = facilityMarker;

  desk.candidateLayer = (candidates, popup) =>
    desk.isMany(candidates) ? desk.candidateTiles(candidates) : L.layerGroup(
      candidates.map((candidate) =>
        sign(candidate.at, desk.candidateSwatch(), candidate.name, CANDIDATE).bindPopup(
          () => desk.candidatePopup(candidate, popup),
          popup.options,
        ),
      ),
    );

  desk.siteLayer = (plan, popup) =>
    L.layerGroup(
      plan.sites.map((site) =>
        sign(site.at, desk.siteSign(site.row + 1), site.name, { ...SITE, site }).bindPopup(
          () => desk.sitePopup(site, popup),
          popup.options,
        ),
      ),
    );

  desk.servedLayer = (canvas, plan, residences) => {
    const style = still(canvas, { color: desk.PLAN_COLOUR, weight: 1.4, opacity: 0.75 });
    const lines = plan.sites.flatMap((site) => (site.links || site.serves).map((row) => [site.at, residences.at[row]]));
    const rings = plan.sites.flatMap((site) =>
      (site.links || site.serves).map((row) => L.circleMarker(residences.at[row], { ...style, radius: 2.5, fillColor: "#ffffff", fillOpacity: 1 })),
    );
    return L.layerGroup([L.polyline(lines, style), ...rings]);
  };

  desk.unreachableLayer = (rows, residences, popup) =>
    L.layerGroup(
      rows.map((row) => {
        const residence = residences.get(row);
        return sign(residence.at, desk.unreachableSign(), residence.name, LACK).bindPopup(
          () => desk.residencePopup(residence, popup, desk.unreachableNote(popup)),
          popup.options,
        );
      }),
    );

  // Hides labels that would lie on one another; those given first stay.
  desk.spread = (labels) => {
    const taken = [];
    for (const label of labels) {
      const node = label.getElement();
      if (!node) continue;
      node.style.visibility = "";
      const box = node.firstChild.getBoundingClientRect();
      const hidden = taken.some(
        (other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom,
      );
      if (hidden) node.style.visibility = "hidden";
      else taken.push(box);
    }
  };
})();

// Streets and other areas by how their residences fare under the chosen scheme, the worst first.
"use strict";

(() => {
  const [COMPLIANT, NON_COMPLIANT, INSUFFICIENT] = [0, 1, 2];
  const TOWN = 2;

  // The zones of each residence: as the program found them, else by where its middle lies.
  function chainOf(world) {
    const { city, kept } = world;
    if (city.whatif) return city.whatif.chain;
    if (!kept.chain) {
      const holders = desk.holders(city.shapes.residences, city.residences.id, city.zones);
      kept.chain = city.residences.at.map(([lat, lon]) => holders(lon, lat).zones);
    }
    return kept.chain;
  }

  desk.residencesIn = (world, zone) => {
    const chain = chainOf(world);
    return (row) => chain[row].includes(zone.row);
  };

  // The worst verdict of each residence that the scheme judges.
  function judged({ city, colours }) {
    const rank = [1, 3, 2];
    const found = new Map();
    for (const ledger of city.ledgers) {
      if (!colours.scheme.takes(ledger.clause)) continue;
      const { unit, verdict } = ledger.columns;
      for (let at = 0; at < unit.length; at += 1) {
        const own = verdict[at];
        if (!ledger.isResidence(at) || own > INSUFFICIENT) continue;
        const other = found.get(unit[at]);
        if (other === undefined || rank[own] > rank[other]) found.set(unit[at], own);
      }
    }
    return found;
  }

  // Households that are known count; how many residences have none is said.
  desk.zoneRanks = (world, level) => {
    const { city } = world;
    const { households } = city.residences;
    const ranks = new Map(city.zones.filter((zone) => zone.level === level)
      .map((zone) => [zone.row, { zone, units: 0, verdicts: [0, 0, 0], households: 0, kept: 0, unknown: 0 }]));
    const chain = chainOf(world);
    for (const [row, verdict] of judged(world)) {
      for (const at of chain[row]) {
        const rank = ranks.get(at);
        if (!rank) continue;
        rank.units += 1;
        rank.verdicts[verdict] += 1;
        if (households[row] === null) rank.unknown += 1;
        else {
          rank.households += households[row];
          if (verdict === COMPLIANT) rank.kept += households[row];
        }
      }
    }
    const share = (part, whole) => (whole ? part / whole : null);
    return [...ranks.values()]
      .filter(({ units }) => units)
      .map((rank) => ({ ...rank, share: share(rank.kept, rank.households), ofUnits: rank.verdicts[COMPLIANT] / rank.units }))
      .sort((one, two) => (one.share ?? one.ofUnits) - (two.share ?? two.ofUnits) || one.ofUnits - two.ofUnits
        || two.verdicts[NON_COMPLIANT] - one.verdicts[NON_COMPLIANT] || (one.zone.id < two.zone.id ? -1 : 1));
  };

  // Classes of a share: all of it first, then falling.
  const SHARE = 30;
  const FROM = [1, 0.9, 0.7, 0.5, 0];
  const shareOf = ({ share }) => (share === null ? INSUFFICIENT : SHARE + FROM.findIndex((from) => share >= from));

  // What the legend says of areas that are filled by their shares.
  function told(level, { text }, scheme) {
    const shown = FROM.map((_, at) => SHARE + at);
    const nameOf = (from, to) => (from ? desk.fill(text.share_band, { from: 100 * from, to: 100 * to }) : desk.fill(text.share_below, { to: 100 * to }));
    const names = Object.fromEntries(FROM.map((from, at) => [SHARE + at, at ? nameOf(from, FROM[at - 1]) : text.share_all]));
    const title = desk.fill(text.share_title, { level: text.levels[level], scheme: scheme.label });
    return { title, unitKind: "zone", opacity: desk.AREA_OPACITY, shown: [...shown, INSUFFICIENT], names };
  }

  // Fills the areas that the table lists, the map and its legend with it; null takes that back.
  function areaFills({ map, canvas, city, colours }) {
    let fills = null;
    return (ranks, level) => {
      if (fills) map.removeLayer(fills);
      fills = ranks && desk.areaFills(canvas, ranks.map(({ zone }) => zone), ranks.map(shareOf), colours.hatch).addTo(map);
      const bounds = ranks && L.polygon(ranks.flatMap(({ zone }) => zone.polygons)).getBounds();
      colours.tellAreas(ranks && { classes: ranks.map(shareOf), bounds, ...told(level, city, colours.scheme) });
    };
  }

  const percent = (value) => `${desk.figure(100 * value, 1)}%`;

  // The table of areas by rank; a click on one calls back with it.
  function zoneTable(ranks, text, choose) {
    const heads = [text.zone, text.rank_share, text.rank_units, ...[NON_COMPLIANT, INSUFFICIENT, COMPLIANT].map((own) => text.verdicts[own])];
    const lines = ranks.map((rank) => {
      const name = desk.el("button", { type: "button" }, rank.zone.name);
      name.addEventListener("click", () => choose(rank.zone));
      const unknown = rank.unknown ? desk.el("span", { class: "desk-note" }, ` ${desk.fill(text.rank_unknown, { n: rank.unknown })}`) : null;
      return desk.el("tr", {},
        desk.el("th", { scope: "row" }, name),
        desk.el("td", {}, desk.verdictSwatch(shareOf(rank), desk.AREA_OPACITY), " ", rank.share === null ? "—" : percent(rank.share), unknown),
        desk.el("td", {}, `${desk.figure(rank.verdicts[COMPLIANT])} / ${desk.figure(rank.units)}`),
        ...[NON_COMPLIANT, INSUFFICIENT, COMPLIANT].map((own) => desk.el("td", {}, desk.verdictSwatch(own), " ", desk.figure(rank.verdicts[own]))));
    });
    return desk.el("table", { class: "desk-list", id: "desk-ranking" },
      desk.el("thead", {}, desk.el("tr", {}, ...heads.map((head) => desk.el("th", { scope: "col" }, head)))),
      desk.el("tbody", {}, ...lines));
  }

  // What the table of the drawer is of: residences or areas of a level; and of one area alone.
  desk.tableViews = (world, refresh) => {
    const { city, colours, map } = world;
    const { text } = city;
    // streets come first: they are who acts
    const levels = [...new Set(city.zones.map((zone) => zone.level))].sort((one, two) => (two === TOWN) - (one === TOWN) || one - two);
    const state = { level: null, zone: null };
    const press = (label, on, act) => {
      const node = desk.el("button", { type: "button", "aria-pressed": String(on) }, label);
      node.addEventListener("click", () => { act(); refresh(); });
      return node;
    };
    const choose = (zone) => {
      Object.assign(state, { level: null, zone });
      map.fitBounds(L.polygon(zone.polygons).getBounds(), { padding: [24, 24], animate: false });
      refresh();
    };
    const paint = areaFills(world);
    const usable = () => levels.length > 0 && colours.scheme.unitKind === "residence";
    return {
      keeps: () => (usable() && state.zone ? desk.residencesIn(world, state.zone) : () => true),
      zones: () => {
        const ranks = usable() && state.level !== null ? desk.zoneRanks(world, state.level) : null;
        paint(ranks, state.level);
        return ranks && zoneTable(ranks, text, choose);
      },
      end: () => paint(null),
      switch: () => {
        if (!usable()) return null;
        const { level, zone } = state;
        return desk.el("div", { class: "desk-buttons", role: "group", "aria-label": text.table_of },
          press(text.residences, level === null && !zone, () => Object.assign(state, { level: null, zone: null })),
          ...(zone ? [press(zone.name, level === null, () => Object.assign(state, { level: null }))] : []),
          ...levels.map((own) => press(desk.fill(text.figures_zones, { level: text.levels[own] }), level === own, () => Object.assign(state, { level: own, zone: null }))));
      },
    };
  };
})();

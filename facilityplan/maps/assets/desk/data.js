// Makes of what was unpacked the objects and columns that the other parts use.
"use strict";

(() => {
  desk.SCALE = 1e6;
  const { SCALE } = desk;

  // Walks along steps, each from the last vertex, across a whole layer.
  function reader() {
    let x = 0;
    let y = 0;
    const path = (steps) => {
      const vertices = [];
      for (let at = 0; at < steps.length; at += 2) {
        x += steps[at];
        y += steps[at + 1];
        vertices.push([y / SCALE, x / SCALE]);
      }
      return vertices;
    };
    return { path, polygons: (shape) => shape.map((rings) => rings.map(path)) };
  }

  const points = (list) => {
    const read = reader();
    return (list || []).map((steps) => read.path(steps)[0]);
  };

  // A text in two languages stands as {zh, en}; the one spoken takes its place.
  function spoken(value, lang) {
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) {
      return value.length && value[0] !== null && typeof value[0] === "object" ? value.map((item) => spoken(item, lang)) : value;
    }
    if ("§" in value) return value["§"][lang];
    const said = {};
    for (const key of Object.keys(value)) desk.later(said, key, () => spoken(value[key], lang));
    return said;
  }

  // One object a row, from columns of equal length.
  const rows = (columns, names) =>
    columns.name.map((name, row) => {
      const item = { row, name };
      for (const key of names) item[key] = columns[key] ? columns[key][row] : null;
      return item;
    });

  // All lines come before all areas, as they were written.
  const group = ({ lines, areas }) => {
    const read = reader();
    return { lines: lines.map(read.path), areas: areas.map(read.polygons) };
  };

  const groups = (packed) =>
    Object.fromEntries(Object.entries(packed).map(([look, part]) => [look, group(part)]));

  function readZones(packed, facts) {
    const factsOf = (row) => facts && Object.fromEntries(Object.entries(facts).map(([name, column]) => [name, column[row]]));
    const read = reader();
    const labels = points(packed.label);
    return rows(packed, ["id", "level"]).map((zone) => ({
      ...zone,
      polygons: read.polygons(packed.shape[zone.row]),
      label: labels[zone.row],
      facts: factsOf(zone.row),
      findings: [],
    }));
  }

  function readPoints(packed, names) {
    const at = points(packed.point);
    return rows(packed, names).map((item) => ({ ...item, at: at[item.row] }));
  }

  // A column holds one value for all rows, or a list with one each.
  const cell = (column, row) => (Array.isArray(column) ? column[row] : column);

  // The findings of one clause; an object is made only of one that is asked for.
  function readColumns(raw, number, count) {
    const given = raw.findings[number];
    const columns = Object.create(given);
    desk.later(columns, "margin", () => marginsOf(given));
    const clause = raw.clauses[number];
    const isResidence = (row) => cell(columns.unitKind, row) === "residence" && typeof columns.unit[row] === "number";
    const ledger = { clause, columns, isResidence, required: (row) => cell(columns.required, row) };
    desk.later(ledger, "fragile", () => new Set(columns.fragile));
    desk.later(ledger, "chains", () => chainsOf(columns.unit, isResidence, count));
    ledger.finding = (row) => ({
      clause,
      number,
      verdict: columns.verdict[row],
      value: columns.value[row],
      required: cell(columns.required, row),
      margin: columns.margin[row],
      text: raw.texts[cell(columns.text, row)],
      standing: raw.texts[cell(columns.standing, row)],
      fragile: ledger.fragile.has(row),
      nearest: columns.nearest ? columns.nearest[row] : -1,
      walking: columns.walkingM ? [columns.walkingM[row], columns.walkingFlips[row], columns.walkingOff[row]] : null,
      method: columns.method ? columns.method[row] : null,
      unit: columns.unit[row],
      unitKind: cell(columns.unitKind, row),
    });
    return ledger;
  }

  // Margins as they were written, or value less what is required, rounded as judgements.py rounds.
  function marginsOf({ margin, value, required, verdict }) {
    if (typeof margin !== "number") return margin;
    return value.map((own, row) => {
      const asked = cell(required, row);
      const none = own === null || asked === null || verdict[row] > 1;
      return none ? null : Math.round(margin * (own - asked) * 1e6) / 1e6;
    });
  }

  // The first finding of each residence, and the one after each.
  function chainsOf(unit, isResidence, count) {
    const first = new Int32Array(count).fill(-1);
    const next = new Int32Array(unit.length).fill(-1);
    for (let row = unit.length - 1; row >= 0; row -= 1) {
      if (!isResidence(row)) continue;
      next[row] = first[unit[row]];
      first[unit[row]] = row;
    }
    return { first, next };
  }

  // The middles of boxes, where no points were written.
  function middles({ box, count }) {
    const lat = (y) => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
    return Array.from({ length: count }, (_, row) => {
      const [left, top, right, bottom] = box.subarray(4 * row, 4 * row + 4);
      return [lat((top + bottom) / 2), ((left + right) / 2) * 360 - 180];
    });
  }

  function readResidences(packed, ledgers, shapes) {
    const findings = (row) => {
      const found = [];
      for (const { chains, finding } of ledgers) {
        for (let at = chains.first[row]; at >= 0; at = chains.next[at]) found.push(finding(at));
      }
      return found;
    };
    const residences = Object.create(packed);
    desk.later(residences, "at", () => (packed.point.length ? points(packed.point) : middles(shapes)));
    residences.count = shapes.count;
    residences.get = (row) => ({
      row,
      id: packed.id[row],
      name: packed.name[row],
      households: packed.households[row],
      elders: packed.elders[row],
      at: residences.at[row],
      findings: findings(row),
    });
    return residences;
  }

  // Findings on what is no residence go to their zone or facility; what has no place is kept by name.
  function fileOthers(ledgers, zones, facilities) {
    const placed = { zone: zones, facility: facilities };
    const elsewhere = [];
    for (const { columns, finding, isResidence } of ledgers) {
      columns.unit.forEach((unit, row) => {
        if (isResidence(row)) return;
        if (typeof unit === "number") placed[cell(columns.unitKind, row)][unit].findings.push(finding(row));
        else elsewhere.push({ ...finding(row), name: unit });
      });
    }
    return elsewhere;
  }

  function readPlan(plan) {
    const at = points(plan.point);
    return { ...plan, sites: plan.sites.map((site, row) => ({ ...site, row, at: at[row] })) };
  }

  // Shapes are read once; what is said of them once a language.
  desk.read = (packed, lang, shapes) => {
    const raw = spoken(packed, lang);
    const zones = readZones(raw.zones, raw.zoneFacts);
    const kinds = raw.facilities.kinds.map((kind, number) => ({ ...kind, number }));
    const facilities = readPoints(raw.facilities, ["id", "kind", "status", "beds", "floorArea"]).map(
      (facility) => ({ ...facility, kind: facility.kind < 0 ? null : kinds[facility.kind], findings: [] }),
    );
    const corner = ([lat, lon]) => [lat / SCALE, lon / SCALE];
    const ledgers = raw.clauses.map((_, number) => readColumns(raw, number, shapes.residences.count));
    return {
      lang,
      shapes,
      text: raw.text,
      head: raw.head,
      bounds: raw.bounds.map(corner),
      clauses: raw.clauses,
      ledgers,
      methods: raw.methods,
      barriers: groups(raw.barriers),
      zones,
      residences: readResidences(raw.residences, ledgers, shapes.residences),
      facilities,
      candidates: readPoints(raw.candidates, ["id", "kind", "floorArea"]),
      areas: raw.areas.map((area) => ({
        ...area,
        streets: area.streets === null ? null : area.streets.map(reader().path),
      })),
      proposal: raw.proposal && { ...raw.proposal, plans: raw.proposal.plans.map(readPlan) },
      whatif: raw.whatif || null,
      raster: raw.raster || null,
      basemap: raw.basemap || null,
      bases: raw.bases || [],
      elsewhere: fileOthers(ledgers, zones, facilities),
    };
  };

  // The shapes that tiles are drawn of: residences, and roads with their looks.
  desk.readShapes = (packed) => {
    const { outline } = packed.residences;
    const looks = [];
    const lines = { rings: [], sizes: [], first: { east: [], north: [] }, steps: { east: [], north: [] } };
    for (const [look, part] of Object.entries(packed.roads)) {
      let [x, y] = [0, 0];
      const put = ({ east, north }, dx, dy) => {
        east.push(dx);
        north.push(dy);
      };
      const add = (steps, closed) => {
        looks.push(look);
        lines.rings.push(1);
        lines.sizes.push(steps.length / 2 + (closed ? 1 : 0));
        const start = [x + steps[0], y + steps[1]];
        put(lines.first, ...start);
        for (let at = 0; at < steps.length; at += 2) {
          x += steps[at];
          y += steps[at + 1];
          if (at) put(lines.steps, steps[at], steps[at + 1]);
        }
        if (closed) put(lines.steps, start[0] - x, start[1] - y);
      };
      for (const steps of part.lines) add(steps, false);
      // a square for walkers is drawn by its outline
      for (const ring of part.areas.flat(2)) add(ring, true);
    }
    return {
      residences: desk.shapes(outline, true),
      roads: desk.shapes(lines, false),
      looks,
    };
  };
})();

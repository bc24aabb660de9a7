// Reads what packing.py and judgements.py wrote, into objects that the other parts use.
"use strict";

(() => {
  const SCALE = 1e6;

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
    const polygons = (shape) => shape.map((rings) => rings.map(path));
    return {
      path,
      polygons,
      // A place is a point where its first entry is a number, else polygons.
      place: (shape) =>
        typeof shape[0] === "number" ? { point: path(shape)[0] } : { polygons: polygons(shape) },
    };
  }

  const points = (list) => {
    const read = reader();
    return (list || []).map((steps) => read.path(steps)[0]);
  };

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

  function readZones(packed) {
    const read = reader();
    const labels = points(packed.label);
    return rows(packed, ["id", "level"]).map((zone) => ({
      ...zone,
      polygons: read.polygons(packed.shape[zone.row]),
      label: labels[zone.row],
      findings: [],
    }));
  }

  function readResidences(packed) {
    const read = reader();
    const inner = points(packed.point);
    return rows(packed, ["id", "households", "elders"]).map((residence) => ({
      ...residence,
      ...read.place(packed.place[residence.row]),
      at: inner[residence.row],
      findings: [],
    }));
  }

  function readPoints(packed, names) {
    const at = points(packed.point);
    return rows(packed, names).map((item) => ({ ...item, at: at[item.row] }));
  }

  // A column holds one value for all rows, or a list with one each.
  const cell = (column, row) => (Array.isArray(column) ? column[row] : column);

  function readFindings(raw, units) {
    const elsewhere = [];
    raw.findings.forEach((columns, number) => {
      const clause = raw.clauses[number];
      const fragile = new Set(columns.fragile);
      columns.unit.forEach((unit, row) => {
        const finding = {
          clause,
          number,
          verdict: columns.verdict[row],
          value: columns.value[row],
          required: cell(columns.required, row),
          margin: columns.margin[row],
          text: raw.texts[cell(columns.text, row)],
          standing: raw.texts[cell(columns.standing, row)],
          fragile: fragile.has(row),
          nearest: columns.nearest ? columns.nearest[row] : -1,
          walking: columns.walking ? columns.walking[row] : null,
          method: columns.method ? columns.method[row] : null,
        };
        if (typeof unit === "number") {
          units[cell(columns.unitKind, row)][unit].findings.push(finding);
        } else {
          elsewhere.push({ ...finding, name: unit });
        }
      });
    });
    return elsewhere;
  }

  function readPlan(plan) {
    const at = points(plan.point);
    return { ...plan, sites: plan.sites.map((site, row) => ({ ...site, row, at: at[row] })) };
  }

  desk.read = (raw) => {
    const zones = readZones(raw.zones);
    const residences = readResidences(raw.residences);
    const kinds = raw.facilities.kinds;
    const corner = ([lat, lon]) => [lat / SCALE, lon / SCALE];
    return {
      text: raw.text,
      head: raw.head,
      bounds: raw.bounds.map(corner),
      clauses: raw.clauses,
      methods: raw.methods,
      roads: groups(raw.roads),
      barriers: groups(raw.barriers),
      zones,
      residences,
      facilities: readPoints(raw.facilities, ["id", "kind", "status", "beds", "floorArea"]).map(
        (facility) => ({ ...facility, kind: facility.kind < 0 ? null : kinds[facility.kind] }),
      ),
      candidates: readPoints(raw.candidates, ["id", "kind", "floorArea"]),
      areas: raw.areas.map((area) => ({
        ...area,
        streets: area.streets === null ? null : area.streets.map(reader().path),
      })),
      proposal: raw.proposal && { ...raw.proposal, plans: raw.proposal.plans.map(readPlan) },
      elsewhere: readFindings(raw, { residence: residences, zone: zones }),
    };
  };
})();

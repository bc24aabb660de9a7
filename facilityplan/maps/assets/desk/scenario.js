// A scenario as a file: what is written, and what of a file is taken. The same is refused as
// facilityplan/scenario/file.py refuses; nothing of a refused file reaches the map.
"use strict";

(() => {
  const MOST_ROWS = 5000;
  const MOST_TEXT = 1000;
  const MOST_SIZE = 1e9;
  desk.MOST_RADIUS = 100000;
  desk.SCENARIO_BYTES = 100000000;

  // What the user changed; everything else about a scenario follows from it.
  desk.untouched = () => ({ moved: new Map(), added: [], removed: new Set(), resized: new Map(), limits: new Map(), next: 1 });

  // A scenario as a file; `facilityplan run --scenario` reads it.
  desk.scenarioFile = (state, world, figures) => {
    const { city } = world;
    const { rules } = city.whatif;
    const ids = city.residences.id;
    const facility = (row) => city.facilities[row].id;
    const sorted = (map, make) => [...map].map(([row, value]) => make(facility(row), value)).sort((a, b) => (a.id < b.id ? -1 : 1));
    const claims = {};
    figures.radius.forEach(({ clause, rows, verdict, onFoot }) => {
      const covered = rows.filter((_, at) => verdict[at] === 0);
      const households = (list) => list.reduce((total, row) => total + (city.residences.households[row] || 0), 0);
      claims[clause] = {
        covered: covered.map((row) => ids[row]).sort(),
        households: households(covered),
        on_foot_households: households(rows.filter((_, at) => onFoot[at])),
      };
    });
    return {
      format: "facilityplan-scenario",
      version: 1,
      project: city.head.name,
      crs: city.head.crs,
      as_of: city.head.asOf,
      moved: sorted(state.moved, (id, { x, y }) => ({ id, x, y })),
      removed: [...state.removed].map(facility).sort(),
      resized: sorted(state.resized, (id, size) => ({ id, ...size })),
      added: state.added.map(({ id, name, kind, x, y, floor_area_m2, beds, candidate }) => ({ id, name, kind, x, y, floor_area_m2, beds, candidate: candidate || null })),
      limits: Object.fromEntries([...state.limits].map(([number, limit]) => [rules[number].clause, limit])),
      claims,
    };
  };

  // What is wrong with a file, in the user's words.
  class Refused extends Error {}

  const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff]/u;
  const isRecord = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
  const has = (record, name) => Object.prototype.hasOwnProperty.call(record, name);

  // Reads the parts of a file, or refuses them by name.
  function reader(file, { city }) {
    const { text } = city;
    const refuse = (message, values = {}) => { throw new Refused(desk.fill(message, values)); };
    const part = (name) => refuse(text.scenario_part, { part: name });
    const word = (value, name) =>
      typeof value === "string" && value.length <= MOST_TEXT && !UNWRITABLE.test(value) ? value : part(name);
    const figure = (value, name, least = -Infinity, most = Infinity) =>
      typeof value === "number" && Number.isFinite(value) && value >= least && value <= most ? value : part(name);
    const size = (value, name) => (value === null ? null : figure(value, name, 0, MOST_SIZE));
    const [west, south, east, north] = city.whatif.extent;
    const reach = Math.max(east - west, north - south);
    const spot = ({ id, x, y }, name) => {
      figure(x, name);
      figure(y, name);
      const near = x >= west - reach && x <= east + reach && y >= south - reach && y <= north + reach;
      return near ? { x, y } : refuse(text.scenario_far, { name: id });
    };
    const rows = (name, columns) => {
      const list = has(file, name) ? file[name] : [];
      if (!Array.isArray(list)) part(name);
      if (list.length > MOST_ROWS) refuse(text.scenario_many, { part: name, most: MOST_ROWS });
      const ids = list.map((row) => {
        if (columns.length && !(isRecord(row) && columns.every((column) => has(row, column)))) part(name);
        return word(columns.length ? row.id : row, name);
      });
      const twice = ids.find((id, at) => ids.indexOf(id) !== at);
      if (twice !== undefined) refuse(text.scenario_twice, { part: name, name: twice });
      return list;
    };
    return { text, refuse, part, word, figure, size, spot, rows };
  }

  function readHead(file, { city }) {
    const { text } = city;
    if (!isRecord(file) || file.format !== "facilityplan-scenario" || file.version !== 1) throw new Refused(text.scenario_not_one);
    const { word } = reader(file, { city });
    const crs = word(file.crs, "crs");
    if (crs !== city.head.crs) throw new Refused(desk.fill(text.scenario_crs, { own: city.head.crs, found: crs }));
  }

  // The next number for a new facility that no file has taken.
  const nextNumber = (added) =>
    1 + Math.max(added.length, ...added.map(({ id }) => (/^new-[0-9]{1,9}$/.test(id) ? Number(id.slice(4)) : 0)));

  // The changes that a scenario file says; throws what is wrong with it.
  desk.readScenario = (file, { city }) => {
    readHead(file, { city });
    const { text, refuse, part, word, figure, size, spot, rows } = reader(file, { city });
    const known = new Map(city.facilities.map((facility) => [facility.id, facility.row]));
    const kinds = new Set(city.whatif.kinds.map((kind) => kind.id));
    const row = (id) => (known.has(id) ? known.get(id) : refuse(text.scenario_unknown, { id }));
    const state = desk.untouched();
    for (const item of rows("moved", ["id", "x", "y"])) state.moved.set(row(item.id), spot(item, "moved"));
    for (const id of rows("removed", [])) state.removed.add(row(id));
    for (const item of rows("resized", ["id", "floor_area_m2", "beds"])) {
      state.resized.set(row(item.id), { floor_area_m2: size(item.floor_area_m2, "resized"), beds: size(item.beds, "resized") });
    }
    state.added = rows("added", ["id", "name", "kind", "x", "y", "floor_area_m2", "beds"]).map((item) => {
      if (known.has(item.id)) refuse(text.scenario_twice, { part: "added", name: item.id });
      if (!kinds.has(word(item.kind, "added"))) refuse(text.scenario_kind, { kind: item.kind });
      return {
        id: item.id,
        name: word(item.name, "added"),
        kind: item.kind,
        ...spot(item, "added"),
        floor_area_m2: size(item.floor_area_m2, "added"),
        beds: size(item.beds, "added"),
        candidate: typeof item.candidate === "string" ? item.candidate : null,
      };
    });
    state.next = nextNumber(state.added);
    const limits = has(file, "limits") ? file.limits : {};
    if (!isRecord(limits)) part("limits");
    for (const [clause, limit] of Object.entries(limits)) {
      const number = city.whatif.rules.findIndex((rule) => rule.clause === clause);
      if (number < 0) refuse(text.scenario_unknown, { id: clause });
      state.limits.set(number, figure(limit, "limits", 0, desk.MOST_RADIUS));
    }
    return state;
  };

  // What a file's text says: a state, or what is wrong with it.
  desk.openScenario = (content, world) => {
    let file = null;
    try {
      file = JSON.parse(content);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { wrong: world.city.text.scenario_not_one };
    }
    try {
      return { state: desk.readScenario(file, world) };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return { wrong: error.message };
    }
  };
})();

// The sheet on which a planner tries things out: facilities moved, added, taken away or resized,
// sites switched on, radii changed; what follows stands beside what is.
"use strict";

(() => {
  const STATUS = "operating";
  const AS_IT_IS = "[null,null]";
  const round3 = (value) => Math.round(value * 1000) / 1000;
  const share = (part, whole) => (whole ? (100 * part) / whole : null);

  // What the user changed; everything else about a scenario follows from it.
  const untouched = () => ({ moved: new Map(), added: [], removed: new Set(), resized: new Map(), limits: new Map(), next: 1 });

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

  // The changes that a scenario file says; throws what is wrong with it.
  desk.readScenario = (file, { city }) => {
    const { text } = city;
    if (file.format !== "facilityplan-scenario" || file.version !== 1) throw new Error(text.scenario_not_one);
    if (file.crs !== city.head.crs) throw new Error(desk.fill(text.scenario_crs, { own: city.head.crs, found: String(file.crs) }));
    const rows = new Map(city.facilities.map((facility) => [facility.id, facility.row]));
    const row = (id) => {
      if (!rows.has(id)) throw new Error(desk.fill(text.scenario_unknown, { id: String(id) }));
      return rows.get(id);
    };
    const state = untouched();
    for (const { id, x, y } of file.moved || []) state.moved.set(row(id), { x: Number(x), y: Number(y) });
    for (const id of file.removed || []) state.removed.add(row(id));
    for (const { id, floor_area_m2, beds } of file.resized || []) state.resized.set(row(id), { floor_area_m2, beds });
    for (const item of file.added || []) state.added.push({ ...item, x: Number(item.x), y: Number(item.y) });
    state.next = 1 + state.added.length;
    for (const [clause, limit] of Object.entries(file.limits || {})) {
      const number = city.whatif.rules.findIndex((rule) => rule.clause === clause);
      if (number < 0) throw new Error(desk.fill(text.scenario_unknown, { id: clause }));
      state.limits.set(number, Number(limit));
    }
    return state;
  };

  // Makes a model stand as a state says, changing no more than differs.
  desk.applyState = (model, state) => {
    const resized = (facility, size) => (size ? { ...facility, floorArea: size.floor_area_m2, beds: size.beds } : facility);
    const wanted = new Map();
    for (const facility of model.base) {
      if (state.removed.has(facility.row)) continue;
      const size = state.resized.get(facility.row);
      const spot = state.moved.get(facility.row);
      wanted.set(facility.key, { facility, spot, size, mark: spot || size ? JSON.stringify([spot, size]) : AS_IT_IS });
    }
    for (const item of state.added) {
      const facility = { key: item.id, row: -1, kind: item.kind, status: STATUS, community: -1, serves: [], floorArea: item.floor_area_m2, beds: item.beds };
      wanted.set(item.id, { facility, spot: item, size: null, mark: JSON.stringify([item.kind, item.x, item.y, item.floor_area_m2, item.beds]) });
    }
    for (const key of [...model.facilities.keys()]) if (!wanted.has(key)) model.take(key);
    for (const [key, { facility, spot, size, mark }] of wanted) {
      const held = model.facilities.get(key);
      if (held && (held.mark || AS_IT_IS) === mark) continue;
      const put = spot ? { ...facility, x: spot.x, y: spot.y, ...model.locate(spot.x, spot.y) } : facility;
      model.put({ ...resized(put, size), mark });
    }
    model.data.rules.forEach((rule, number) => {
      const limit = state.limits.has(number) ? state.limits.get(number) : rule.limit;
      if (model.limits[number] !== limit) model.setLimit(number, limit);
    });
  };

  const table = (caption, heads, lines) =>
    desk.el(
      "table",
      { class: "desk-figures" },
      desk.el("caption", {}, caption),
      desk.el("thead", {}, desk.el("tr", {}, ...heads.map((head) => desk.el("th", { scope: "col" }, head)))),
      desk.el("tbody", {}, ...lines.map(([head, ...cells]) => desk.el("tr", {}, desk.el("th", { scope: "row" }, head), ...cells.map((cell) => desk.el("td", {}, cell))))),
    );

  const signed = (value, digits = 0) => (value > 0 ? "+" : "") + desk.figure(value, digits);
  const percent = (value) => (value === null ? "—" : `${desk.figure(value, 1)}%`);

  function headline(before, after, { text, whatif }) {
    const line = (name, key, digits = 0) => [name, desk.figure(before.whole[key], digits), desk.figure(after.whole[key], digits), signed(round3(after.whole[key] - before.whole[key]), digits)];
    const rate = (name, part) => {
      const [b, a] = [before, after].map(({ whole }) => share(whole[part], whole.households));
      return [name, percent(b), percent(a), a === null ? "—" : `${signed(a - b, 1)}`];
    };
    return table(text.figures_city, ["", text.before, text.after, text.change], [
      line(text.units_near, "near"),
      line(text.households_near, "householdsNear"),
      rate(text.rate_near, "householdsNear"),
      // without roads nothing is known of walks
      ...(whatif.graph ? [line(text.households_on_foot, "householdsOnFoot"), rate(text.rate_on_foot, "householdsOnFoot")] : []),
      line(text.facilities_open, "facilities"),
      line(text.floor_area, "floorArea", 2),
      line(text.beds, "beds"),
    ]);
  }

  function verdictLines(before, after, { text }) {
    const count = ({ verdict }) => [0, 1, 2].map((wanted) => verdict.filter((own) => own === wanted).length);
    const lines = [];
    const add = (one, other) => {
      const [b, a] = [count(one), count(other)];
      lines.push([one.clause, ...[0, 1, 2].map((at) => (b[at] === a[at] ? desk.figure(a[at]) : `${desk.figure(b[at])} → ${desk.figure(a[at])}`))]);
    };
    before.radius.forEach((one, at) => add(one, after.radius[at]));
    before.floor.forEach((one, at) => add(one, after.floor[at]));
    const beds = ({ beds: list }) => [...new Set(list.map((item) => item.clause))].map((clause) => ({ clause, verdict: list.filter((item) => item.clause === clause).map((item) => item.verdict) }));
    const [bedsBefore, bedsAfter] = [beds(before), beds(after)];
    bedsBefore.forEach((one, at) => add(one, bedsAfter[at]));
    return table(text.figures_verdicts, [text.clause, ...[0, 1, 2].map((at) => text.verdicts[at])], lines);
  }

  function zoneLines(before, after, { zones, text }, level) {
    const lines = zones
      .filter((zone) => zone.level === level)
      .map((zone) => {
        const [b, a] = [before.zones[zone.row], after.zones[zone.row]];
        const [own, other] = [share(b.householdsNear, b.households), share(a.householdsNear, a.households)];
        const pair = (one, two, digits = 0) => (one === two ? desk.figure(two, digits) : `${desk.figure(one, digits)} → ${desk.figure(two, digits)}`);
        const moved = own !== other || b.floorArea !== a.floorArea || b.beds !== a.beds;
        return { moved, least: other === null ? 101 : other, cells: [zone.name, own === other ? percent(other) : `${percent(own)} → ${percent(other)}`, pair(b.floorArea, a.floorArea, 0), pair(b.beds, a.beds)] };
      })
      .sort((one, two) => Number(two.moved) - Number(one.moved) || one.least - two.least);
    return table(desk.fill(text.figures_zones, { level: text.levels[level] }), [text.zone, text.rate_near, text.floor_area, text.beds], lines.map((line) => line.cells));
  }

  // The state of a page outlives a change of language.
  function stateOf({ kept, city }) {
    if (!kept.whatif) {
      const geometry = { holders: desk.holders(city.shapes.residences, city.residences.id, city.zones) };
      const model = new desk.Model(city.whatif, city.residences, geometry);
      kept.whatif = { model, state: untouched(), before: model.figures(city.zones.length) };
      kept.whatif.after = kept.whatif.before;
    }
    return kept.whatif;
  }

  // Classes of the residences by the worst of their radius verdicts.
  desk.radiusClasses = (figures, count) => {
    const found = new Int16Array(count).fill(desk.NO_FINDING);
    const rank = [1, 3, 2];
    for (const { rows, verdict, doubt } of figures.radius) {
      const put = (row, own) => {
        if (found[row] < 0 || rank[own] > rank[found[row]]) found[row] = own;
      };
      rows.forEach((row, at) => put(row, verdict[at]));
      doubt.forEach((row) => put(row, 2));
    }
    return found;
  };

  // The signs that can be dragged: those of the facilities and those added. Where facilities are on
  // tiles, one gets a sign of its own when it is to be moved.
  function markers(world, held, update) {
    const { map, city, popup, entries } = world;
    const entry = entries.find(({ key }) => key === "facilities");
    const tiles = entry && !entry.layer.signs ? entry.layer : null;
    const signs = new Map(entry && entry.layer.signs ? entry.layer.signs.map((sign, row) => [row, sign]) : []);
    const extra = L.layerGroup();
    const lifted = L.layerGroup();
    const metres = ({ lat, lng }) => desk.project(city.whatif.projection.toMetres, lng, lat).map(round3);
    const degrees = ({ x, y }) => {
      const [lon, lat] = desk.project(city.whatif.projection.toDegrees, x, y);
      return [lat, lon];
    };
    const dragged = (row) => () => desk.dragAreas(world, `f${row}`, signs.get(row).getLatLng());
    const dropped = (row) => () => {
      const [x, y] = metres(signs.get(row).getLatLng());
      held.state.moved.set(row, { x, y });
      update();
    };
    const heard = new Map([...signs.keys()].map((row) => [row, { drag: dragged(row), dragend: dropped(row) }]));
    let on = false;
    const lift = (row) => {
      if (signs.has(row)) return;
      const sign = desk.facilityMarker(city.facilities[row], popup);
      sign.options.draggable = true;
      signs.set(row, sign);
      sign.on({ drag: dragged(row), dragend: dropped(row) }).addTo(lifted);
      hide();
    };
    const hide = () => { if (tiles) tiles.filter((row) => world.shows(row) && (!on || !(signs.has(row) || held.state.removed.has(row)))); };
    const show = () => {
      if (!on) return;
      if (tiles) for (const row of held.state.moved.keys()) lift(row);
      signs.forEach((sign, row) => {
        const spot = held.state.moved.get(row);
        sign.setLatLng(spot ? degrees(spot) : city.facilities[row].at);
        sign.setOpacity(held.state.removed.has(row) ? 0.25 : 1);
      });
      hide();
      extra.clearLayers();
      held.state.added.forEach((item) => {
        const node = desk.siteSign("+");
        const icon = L.divIcon({ html: node, className: "desk-sign desk-site desk-added", iconSize: [30, 37], iconAnchor: [15, 36] });
        const sign = L.marker(degrees(item), { icon, pane: "desk-signs", title: item.name, draggable: true, zIndexOffset: 1500, keyboard: true });
        sign.on("drag", () => desk.dragAreas(world, item.id, sign.getLatLng()));
        sign.on("dragend", () => {
          [item.x, item.y] = metres(sign.getLatLng());
          update();
        });
        sign.addTo(extra);
      });
    };
    const open = (wanted) => {
      if (on === wanted) return;
      on = wanted;
      heard.forEach((events, row) => {
        const sign = signs.get(row);
        sign.options.draggable = on;
        if (on && sign.getElement()) sign.dragging.enable();
        else if (sign.dragging) sign.dragging.disable();
        sign[on ? "on" : "off"](events);
      });
      [extra, lifted].forEach((group) => (on ? group.addTo(map) : group.remove()));
      if (on) show();
      else {
        heard.forEach((_, row) => signs.get(row).setLatLng(city.facilities[row].at).setOpacity(1));
        hide();
      }
    };
    return { open, show, lift: tiles ? lift : null, metres, degrees, end: () => open(false) };
  }

  // Lines of the list of changes, each of which can be taken back.
  function changeList(world, held, update) {
    const { city } = world;
    const { text } = city;
    const { state } = held;
    const undo = (label, act) => {
      const button = desk.el("button", { type: "button", class: "desk-small", "aria-label": `${text.take_back} ${label}` }, "×");
      button.addEventListener("click", () => { act(); update(); });
      return button;
    };
    const figure = (name, value, put) => {
      const input = desk.el("input", { type: "number", min: "0", step: "any", value: value === null ? "" : value, "aria-label": name });
      input.addEventListener("change", () => {
        const given = input.value === "" ? null : Number(input.value);
        if (given === null || (Number.isFinite(given) && given >= 0)) { put(given); update(); }
      });
      return desk.el("label", { class: "desk-size" }, name, " ", input);
    };
    const line = (label, act, ...rest) => desk.el("li", {}, desk.el("span", {}, label), undo(label, act), ...rest);
    const name = (row) => city.facilities[row].name;
    return desk.el(
      "ul",
      { class: "desk-changes" },
      ...[...state.moved.keys()].map((row) => line(desk.fill(text.change_moved, { name: name(row) }), () => state.moved.delete(row))),
      ...[...state.removed].map((row) => line(desk.fill(text.change_removed, { name: name(row) }), () => state.removed.delete(row))),
      ...[...state.resized].map(([row, size]) =>
        line(desk.fill(text.change_resized, { name: name(row) }), () => state.resized.delete(row),
          figure(text.floor_area, size.floor_area_m2, (value) => { size.floor_area_m2 = value; }),
          figure(text.beds, size.beds, (value) => { size.beds = value; }))),
      ...state.added.map((item) =>
        line(desk.fill(text.change_added, { name: item.name }), () => { state.added.splice(state.added.indexOf(item), 1); },
          figure(text.floor_area, item.floor_area_m2, (value) => { item.floor_area_m2 = value === null ? 0 : value; }),
          figure(text.beds, item.beds, (value) => { item.beds = value === null ? 0 : value; }))),
    );
  }

  const button = (label, act, more = {}) => {
    const node = desk.el("button", { type: "button", ...more }, label);
    node.addEventListener("click", act);
    return node;
  };

  // Radii as they are and as one would like them.
  function radii(world, held, update) {
    const { city } = world;
    return city.whatif.rules.map((rule, number) => {
      const limit = held.state.limits.has(number) ? held.state.limits.get(number) : rule.limit;
      const input = desk.el("input", { type: "number", min: "0", step: "50", value: limit, id: `desk-radius-${number}` });
      input.addEventListener("change", () => {
        const given = Number(input.value);
        if (!Number.isFinite(given) || given < 0 || input.value === "") return;
        if (given === rule.limit) held.state.limits.delete(number);
        else held.state.limits.set(number, given);
        update();
      });
      return desk.el("label", { class: "desk-size" }, desk.fill(city.text.radius_of, { clause: rule.clause }), " ", input);
    });
  }

  function kindsToAdd({ city }) {
    const wanted = new Set(city.whatif.rules.flatMap((rule) => rule.kinds));
    return city.whatif.kinds.filter((kind) => wanted.has(kind.id));
  }

  // Sites of the plan and candidates, with the metres that they stand at.
  function spotsOf(world) {
    const { city, } = world;
    const { candidates } = city.whatif;
    const given = city.candidates.map((item, row) => ({ id: item.id, name: item.name, x: candidates.x[row], y: candidates.y[row] }));
    const known = new Set(given.map((item) => item.id));
    const plan = city.proposal && city.proposal.plans[0];
    const sites = plan ? plan.sites.map((site) => ({ id: site.id, name: site.name, x: site.x, y: site.y, needed: site.needed })) : [];
    return { sites, all: [...given, ...sites.filter((site) => !known.has(site.id))] };
  }

  desk.EXTRAS.push((world) => {
    const { map, city, colours, popup, tools } = world;
    const { text } = city;
    if (!city.whatif) return null;
    let held = null;
    let signs = null;
    let level = null;
    let adding = false;
    const body = desk.el("div", { class: "desk-whatif" });
    const figures = desk.el("div", { "aria-live": "polite", id: "desk-figures" });
    const changesBox = desk.el("div", {});
    const radiusBox = desk.el("div", {});
    const siteBox = desk.el("div", { class: "desk-sites" });
    const said = desk.el("p", { class: "desk-note", role: "status" });
    const spots = spotsOf(world);
    const kinds = kindsToAdd(world);
    const kind = desk.el("select", { "aria-label": text.kind_to_add, id: "desk-kind" }, ...kinds.map((item) => desk.el("option", { value: item.id }, item.name)));
    const preferred = city.proposal && city.proposal.kind;
    if (preferred && kinds.some((item) => item.id === preferred)) kind.value = preferred;

    const paint = () => {
      if (!colours.scheme || colours.scheme.unitKind === "zone") return;
      const shown = desk.radiusClasses(held.after, city.residences.count);
      colours.layer.setClasses(shown, [desk.NO_FINDING, 3, 0, 2, 1]);
    };
    let waiting = null;
    const render = () => {
      const { before, after } = held;
      figures.replaceChildren(headline(before, after, city), verdictLines(before, after, city), ...(level === null ? [] : [zoneLines(before, after, city, level)]));
      changesBox.replaceChildren(changeList(world, held, update));
      for (const box of siteBox.querySelectorAll("input")) box.checked = held.state.added.some((item) => item.candidate === box.value);
    };
    function update() {
      desk.applyState(held.model, held.state);
      held.after = held.model.figures(city.zones.length);
      render();
      signs.show();
      body.dataset.updated = String(performance.now());
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        paint();
        desk.followAreas(world, held);
        if (world.told) world.told(held);
      }, 40);
    }

    const add = (spot, name, candidate = null) => {
      held.state.added.push({ id: `new-${held.state.next}`, name, kind: kind.value, x: spot.x, y: spot.y, floor_area_m2: 0, beds: 0, candidate });
      held.state.next += 1;
    };
    const addButton = button(text.add_facility, () => {
      adding = !adding;
      tools.busy = adding;
      addButton.setAttribute("aria-pressed", String(adding));
      said.textContent = adding ? text.add_hint : "";
    }, { "aria-pressed": "false" });
    const drop = (event) => {
      if (!adding) return;
      const [x, y] = signs.metres(event.latlng);
      add({ x, y }, desk.fill(text.new_name, { n: held.state.next }));
      adding = false;
      tools.busy = false;
      addButton.setAttribute("aria-pressed", "false");
      said.textContent = "";
      update();
    };
    map.on("click", drop);

    const next = button(text.next_best, () => {
      const free = spots.all.filter((spot) => !held.state.added.some((item) => item.candidate === spot.id));
      const gains = held.model.gains(free, kind.value);
      let best = -1;
      gains.forEach((gain, at) => {
        if (!gain.units) return;
        const other = gains[best];
        if (best < 0 || gain.households > other.households || (gain.households === other.households && free[at].id < free[best].id)) best = at;
      });
      if (best < 0) {
        said.textContent = text.next_none;
        return;
      }
      add(free[best], free[best].name, free[best].id);
      update();
      said.textContent = desk.fill(text.next_said, { name: free[best].name, units: gains[best].units, households: desk.figure(gains[best].households) });
    });
    const restore = button(text.restore, () => {
      Object.assign(held.state, untouched());
      radiusBox.replaceChildren(...radii(world, held, update));
      update();
      said.textContent = "";
    });
    const save = button(text.save_scenario, () => {
      const file = desk.scenarioFile(held.state, world, held.after);
      desk.saveFile(`${text.scenario_name}.json`, `${JSON.stringify(file, null, 1)}\n`, "application/json");
    });
    const opener = desk.el("input", { type: "file", accept: ".json", "aria-label": text.open_scenario, id: "desk-open-scenario" });
    opener.addEventListener("change", () => {
      const [file] = opener.files;
      if (!file) return;
      const reader = new FileReader();
      reader.onload = () => {
        try {
          held.state = desk.readScenario(JSON.parse(reader.result), world);
          said.textContent = "";
          radiusBox.replaceChildren(...radii(world, held, update));
          update();
        } catch (error) {
          said.textContent = error instanceof SyntaxError ? text.scenario_not_one : error.message;
        }
        opener.value = "";
      };
      reader.readAsText(file);
    });

    siteBox.append(...spots.sites.slice(0, 400).map((spot, at) => {
      const box = desk.el("input", { type: "checkbox", value: spot.id });
      box.addEventListener("change", () => {
        if (box.checked) add(spot, spot.name, spot.id);
        else held.state.added = held.state.added.filter((item) => item.candidate !== spot.id);
        update();
      });
      return desk.el("label", { class: "desk-row" }, box, desk.el("span", { class: "desk-name" }, `${at + 1}　${spot.name}`));
    }));

    const levels = [...new Set(city.zones.map((zone) => zone.level))].sort();
    if (levels.length) level = levels.includes(2) ? 2 : levels[0];
    const levelSelect = desk.select("desk-level", text.zone_level, levels.map((item) => ({ label: text.levels[item] })), (at) => {
      level = levels[at];
      render();
    });
    if (level !== null) levelSelect.value = String(levels.indexOf(level));

    // A facility's popup offers what can be done to it.
    popup.actions = (facility) => {
      if (!held || !signs.isOpen) return [];
      const { row } = facility;
      const out = held.state.removed.has(row);
      const act = (change) => () => { change(); map.closePopup(); update(); };
      return [
        ...(signs.lift && !out ? [button(text.lift, () => { signs.lift(row); map.closePopup(); })] : []),
        button(out ? text.put_back : text.take_away, act(() => (out ? held.state.removed.delete(row) : held.state.removed.add(row)))),
        button(text.resize, act(() => held.state.resized.set(row, { floor_area_m2: facility.floorArea, beds: facility.beds }))),
      ];
    };

    const open = () => {
      held = stateOf(world);
      signs = signs || markers(world, held, () => update());
      signs.isOpen = true;
      signs.open(true);
      radiusBox.replaceChildren(...radii(world, held, update));
      update();
    };
    const section = (heading, ...nodes) => desk.el("section", {}, desk.el("h2", {}, heading), ...nodes);
    body.append(
      desk.el("p", { class: "desk-note" }, text.whatif_hint),
      desk.el("p", { class: "desk-estimate" }, city.whatif.exact ? text.estimate_capacity : text.estimate_all),
      desk.el("div", { class: "desk-buttons" }, addButton, next, restore),
      kind,
      said,
      section(text.changes, changesBox),
      figures,
      level === null ? "" : desk.el("label", { class: "desk-size" }, text.zone_level, " ", levelSelect),
      section(text.radius, radiusBox),
      spots.sites.length ? section(text.layer_sites, siteBox) : "",
      section(text.scenario, desk.el("div", { class: "desk-buttons" }, save, desk.el("label", { class: "desk-file" }, text.open_scenario, opener))),
    );
    world.whatif = { open, get held() { return held; }, apply: () => update(), refresh: () => { if (signs) signs.show(); } };
    return {
      sheet: {
        key: "whatif",
        label: text.tab_whatif,
        nodes: [body],
        opened: open,
        closed: () => {
          if (!signs || !signs.isOpen) return;
          signs.isOpen = false;
          signs.open(false);
          clearTimeout(waiting);
          desk.followAreas(world, null);
          if (colours.scheme) colours.choose(colours.scheme);
        },
      },
      end: () => {
        map.off("click", drop);
        clearTimeout(waiting);
        if (signs) signs.end();
      },
    };
  });
})();

// The sheet on which a planner tries things out: facilities moved, added, taken away or resized,
// sites switched on, radii changed; what follows stands beside what is.
"use strict";

(() => {
  const STATUS = "operating";
  const AS_IT_IS = "[null,null]";
  const share = (part, whole) => (whole ? (100 * part) / whole : null);

  const { round3, untouched } = desk;

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
      const facility = { key: `+${item.id}`, row: -1, kind: item.kind, status: STATUS, community: -1, serves: [], floorArea: item.floor_area_m2, beds: item.beds };
      wanted.set(facility.key, { facility, spot: item, size: null, mark: JSON.stringify([item.kind, item.x, item.y, item.floor_area_m2, item.beds]) });
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

  // What changed in a sentence, for who does not see the tables.
  function summary({ before, after }, { text }) {
    const [units, households] = ["near", "householdsNear"].map((key) => after.whole[key] - before.whole[key]);
    const values = { units: desk.figure(after.whole.near), more: signed(units), households: desk.figure(after.whole.householdsNear), gained: signed(households) };
    return desk.fill(text.whatif_said, values);
  }

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
      const input = desk.el("input", { type: "number", min: "0", max: desk.MOST_RADIUS, step: "50", value: limit, id: `desk-radius-${number}` });
      input.addEventListener("change", () => {
        const given = Number(input.value);
        if (input.value === "" || !(given >= 0 && given <= desk.MOST_RADIUS)) {
          input.value = held.state.limits.has(number) ? held.state.limits.get(number) : rule.limit;
          return;
        }
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
    const figures = desk.el("div", { id: "desk-figures" });
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
      if (!colours.scheme) return;
      colours.show(desk.radiusClasses(held.after, city.residences.count), { unitKind: "residence", label: text.whatif_scheme });
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
      said.textContent = summary(held, city);
      body.dataset.updated = String(performance.now());
      clearTimeout(waiting);
      waiting = setTimeout(() => {
        paint();
        desk.followAreas(world, held);
        if (world.told) world.told(held);
      }, 40);
    }

    const add = (spot, name, candidate = null) => {
      const id = `new-${held.state.next}`;
      held.state.added.push({ id, name, kind: kind.value, x: spot.x, y: spot.y, floor_area_m2: 0, beds: 0, candidate });
      held.state.next += 1;
      return id;
    };
    // a site moved by a key hands the focus to the facility that now stands for it
    const adopt = (site, spot) => {
      const id = add(spot, site.name, site.id);
      if (document.activeElement && document.activeElement.closest(".desk-site")) setTimeout(() => signs.focus(id), 0);
    };
    const aim = (wanted) => {
      if (wanted) desk.takeUp(tools, () => { if (adding) aim(false); });
      adding = wanted;
      tools.busy = adding;
      map.getContainer().classList.toggle("desk-aiming", adding);
      addButton.setAttribute("aria-pressed", String(adding));
      said.textContent = adding ? text.add_hint : "";
    };
    const addButton = button(text.add_facility, (event) => {
      aim(!adding);
      // pressed by a key: the map takes the keys that move it
      if (adding && !event.detail) map.getContainer().focus();
    }, { "aria-pressed": "false", id: "desk-add" });
    const drop = (event) => {
      if (!adding) return;
      const [x, y] = signs.metres(event.latlng);
      add({ x, y }, desk.fill(text.new_name, { n: held.state.next }));
      aim(false);
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
        opener.value = "";
        const { state, wrong } = desk.openScenario(reader.result, world);
        said.textContent = wrong ? desk.fill(text.scenario_refused, { file: file.name, wrong }) : "";
        if (wrong) return;
        held.state = state;
        radiusBox.replaceChildren(...radii(world, held, update));
        update();
      };
      if (file.size <= desk.SCENARIO_BYTES) reader.readAsText(file);
      else said.textContent = desk.fill(text.scenario_refused, { file: file.name, wrong: text.scenario_too_large });
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
      const move = () => { map.closePopup(); said.textContent = text.move_hint; signs.focusFacility(row); };
      return [
        ...(signs.canLift(row) && !out ? [button(text.lift, () => { signs.lift(row); map.closePopup(); })] : []),
        ...(signs.canMove(row) ? [button(text.move_by_keys, move)] : []),
        button(out ? text.put_back : text.take_away, act(() => (out ? held.state.removed.delete(row) : held.state.removed.add(row)))),
        button(text.resize, act(() => held.state.resized.set(row, { floor_area_m2: facility.floorArea, beds: facility.beds }))),
      ];
    };

    popup.siteActions = (site) => {
      if (!held || !signs.isOpen || held.state.added.some((item) => item.candidate === site.id)) return [];
      const build = () => {
        map.closePopup();
        const id = add(site, site.name, site.id);
        update();
        signs.focus(id);
      };
      return [button(text.build_here, build)];
    };

    const open = () => {
      held = stateOf(world);
      signs = signs || desk.movableSigns(world, held, () => update(), adopt);
      signs.isOpen = true;
      signs.open(true);
      radiusBox.replaceChildren(...radii(world, held, update));
      update();
      if (world.retable) world.retable();
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
    world.whatif = { open, get isOpen() { return signs !== null && signs.isOpen; }, get held() { return held; }, apply: () => update(), refresh: () => { if (signs) signs.show(); } };
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
          if (adding) aim(false);
          if (world.endSwipe) world.endSwipe();
          clearTimeout(waiting);
          desk.followAreas(world, null);
          if (colours.scheme) colours.choose(colours.scheme);
        },
      },
      end: () => {
        if (adding) aim(false);
        map.off("click", drop);
        clearTimeout(waiting);
        if (signs) signs.end();
      },
    };
  });
})();

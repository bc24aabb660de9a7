// Stages of a plan: a slider by year over the sites built so far, whom they newly cover, the rates.
"use strict";

(() => {
  const RADIUS = "service_radius";
  const STAGED = 6;

  // Residences that a radius clause speaks of, and those within reach today; what cannot be judged
  // is not within reach.
  function today({ ledgers }) {
    const judged = new Set();
    const covered = new Set();
    for (const { clause, columns, isResidence } of ledgers) {
      if (clause.measure !== RADIUS) continue;
      columns.unit.forEach((unit, row) => {
        if (!isResidence(row)) return;
        judged.add(unit);
        if (columns.verdict[row] === 0) covered.add(unit);
      });
    }
    return { judged, covered };
  }

  // Rates today and at the end of each stage: sites and residences so far, households known.
  desk.stageRates = (plan, city) => {
    const { households } = city.residences;
    const { judged, covered } = today(city);
    const sum = (rows) => [...rows].reduce((total, row) => total + (households[row] || 0), 0);
    const whole = sum(judged);
    const within = new Set(covered);
    const rate = (year, sites, newly) => ({
      year,
      sites,
      newly,
      units: [within.size, judged.size],
      households: [sum(within), whole],
    });
    const found = [rate(null, 0, 0)];
    let [sites, newly] = [0, 0];
    for (const stage of plan.stages) {
      stage.serves.forEach((row) => within.add(row));
      sites += stage.sites.length;
      newly += stage.serves.length;
      found.push(rate(stage.year, sites, newly));
    }
    return found;
  };

  // The plan as it stands after so many stages. A gap whose own site comes later is served by the
  // nearest that is there.
  desk.planAt = (plan, step, { residences }) => {
    const year = new Map();
    const served = new Set();
    plan.stages.slice(0, step).forEach((stage) => {
      stage.sites.forEach((row) => year.set(row, stage.year));
      stage.serves.forEach((row) => served.add(row));
    });
    const open = plan.sites.filter((site) => year.has(site.row));
    const own = new Map(open.map((site) => [site.row, site.serves.filter((row) => served.has(row))]));
    const held = new Set([...own.values()].flat());
    const cosine = Math.cos((plan.sites[0].at[0] * Math.PI) / 180);
    for (const row of served) {
      if (held.has(row)) continue;
      const [lat, lon] = residences.at[row];
      const away = (site) => Math.hypot(site.at[0] - lat, (site.at[1] - lon) * cosine);
      own.get(open.reduce((best, site) => (away(site) < away(best) ? site : best)).row).push(row);
    }
    return { ...plan, sites: open.map((site) => ({ ...site, stage: year.get(site.row), links: own.get(site.row) })), served };
  };

  // Whether a scheme speaks of service radii and of nothing else.
  const ofRadius = (scheme, { clauses }) =>
    scheme.unitKind === "residence" && !scheme.classOf && clauses.every((clause) => !scheme.takes(clause) || clause.measure === RADIUS);

  // What newly covered residences make of the classes of a scheme.
  const recoloured = (served, year, city) => (scheme, classes) => {
    if (!served.size || !ofRadius(scheme, city)) return null;
    const found = classes.slice();
    for (const row of served) if (found[row] === desk.NON_COMPLIANT) found[row] = STAGED;
    const [first, ...rest] = scheme.shown || desk.VERDICTS;
    return {
      classes: found,
      shown: [first, STAGED, ...rest],
      names: { ...scheme.names, [STAGED]: desk.fill(city.text.stage_class, { year }) },
    };
  };

  const percent = ([part, whole]) => (whole ? `${desk.figure((100 * part) / whole, 1)}%` : "—");

  function ratesTable(rates, { text }) {
    const heads = ["", text.stage_sites, text.stage_units, text.stage_households];
    return desk.el(
      "table",
      { class: "desk-figures", id: "desk-stage-rates" },
      desk.el("thead", {}, desk.el("tr", {}, ...heads.map((head) => desk.el("th", { scope: "col" }, head)))),
      desk.el("tbody", {}, ...rates.map((rate) =>
        desk.el("tr", {},
          desk.el("th", { scope: "row" }, rate.year === null ? text.stage_now : desk.fill(text.stage_by, { year: rate.year })),
          ...[desk.figure(rate.sites), percent(rate.units), percent(rate.households)].map((cell) => desk.el("td", {}, cell))))),
    );
  }

  // The slider of a plan; draw shows a plan's sites. A plan without stages has none.
  desk.stagePanel = (plan, city, colours, draw) => {
    const { text } = city;
    const staged = plan !== null && plan.stages.length > 0;
    if (!staged) {
      const was = colours.staged;
      colours.staged = null;
      draw(plan);
      if (was && colours.scheme) colours.choose(colours.scheme);
      return [];
    }
    const rates = desk.stageRates(plan, city);
    const table = ratesTable(rates, city);
    const said = desk.el("output", { for: "desk-stage", id: "desk-stage-said" });
    const slider = desk.el("input", { type: "range", id: "desk-stage", min: "0", max: String(plan.stages.length), step: "1", value: "1", "aria-label": text.stages });
    const show = () => {
      const step = Number(slider.value);
      const { year, sites, newly } = rates[step];
      said.textContent = step
        ? desk.fill(text.stage_said, { year, sites: desk.figure(sites), units: desk.figure(newly) })
        : text.stage_said_now;
      slider.setAttribute("aria-valuetext", said.textContent);
      [...table.tBodies[0].rows].forEach((row, at) => row.classList.toggle("desk-current", at === step));
      const now = desk.planAt(plan, step, city);
      draw(now);
      colours.staged = recoloured(now.served, year, city);
      if (colours.scheme) colours.choose(colours.scheme);
    };
    slider.addEventListener("input", show);
    show();
    const marks = desk.el("div", { class: "desk-stage-marks", "aria-hidden": "true" }, ...rates.map(({ year }) => desk.el("span", {}, year === null ? text.stage_now : year)));
    return [desk.el("div", { class: "desk-stages" }, desk.el("label", { for: "desk-stage" }, text.stages), slider, marks, said, table, desk.el("p", { class: "desk-note" }, text.stage_hint))];
  };
})();

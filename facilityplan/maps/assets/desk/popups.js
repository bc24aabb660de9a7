// What a click shows: the unit, and the proof of every verdict on it.
"use strict";

(() => {
  const SIGNS = { ">=": "≥", "<=": "≤", ">": ">", "<": "<" };

  // Decimals of a figure: metres are shown whole, and to the millimetre within one metre of the
  // limit; other figures get as many as it takes to tell them from the limit.
  function digitsOf({ clause, value, required }) {
    if (clause.metres) {
      const near = value !== null && required !== null && Math.abs(value - required) < 1;
      return near ? 3 : 0;
    }
    if (value === null || required === null || value === required) return 2;
    let digits = 2;
    while (digits < 6 && desk.figure(value, digits) === desk.figure(required, digits)) digits += 1;
    return digits;
  }

  const measured = (finding, value, digits) =>
    value === null ? "—" : `${desk.figure(value, digits)} ${finding.clause.unit}`.trim();

  function valueText(finding) {
    return measured(finding, finding.value, digitsOf(finding));
  }

  function requiredText(finding) {
    const { required, clause } = finding;
    if (required === null) return "—";
    return `${SIGNS[clause.comparator] || ""} ${measured(finding, required, 3)}`.trim();
  }

  function marginText(finding, text) {
    const { margin } = finding;
    if (margin === null) return "—";
    const name = margin < 0 ? text.shortfall : text.margin;
    return `${name} ${measured(finding, Math.abs(margin), digitsOf(finding))}`;
  }

  // The figures of a finding as a table's cells.
  desk.findingCells = (finding, { text }) => ({
    verdict: verdictText(finding, text),
    value: valueText(finding),
    required: requiredText(finding),
    margin: marginText(finding, text),
  });

  const line = (text, extra = "") => desk.el("div", { class: `desk-note ${extra}`.trim() }, text);

  function walkingNotes(finding, text) {
    if (finding.walking === null) return [];
    const [distance, flips, off] = finding.walking;
    if (off) return [line(text.walking_off)];
    const { required } = finding;
    const near = distance !== null && required !== null && Math.abs(distance - required) < 1;
    const said =
      distance === null
        ? text.walking_none
        : desk.fill(text.walking, { distance: desk.figure(distance, near ? 3 : 0) });
    if (flips === null) return [line(said)];
    const turns = flips ? text.walking_flips : text.walking_same;
    return [line(said), line(turns, flips ? "desk-flips" : "")];
  }

  // Which ways to measure turn a verdict, and why: the bits of its mark.
  function methodNotes({ method }, { text, methods }) {
    if (method === null || method < 0) return [];
    if (method === 0) return [line(text.robust)];
    const { ways, reasons } = methods;
    const named = (names, offset) =>
      names.filter((_, bit) => method & (1 << (bit + offset))).join(text.list_separator);
    return [
      line(desk.fill(text.sense_turned, { methods: named(ways, 0) }), "desk-flips"),
      line(desk.fill(text.sense_why, { reasons: named(reasons, ways.length) })),
    ];
  }

  function sumCell(finding, popup) {
    const { text, facilities } = popup;
    const notes = [desk.el("div", {}, finding.text)];
    const nearest = facilities[finding.nearest];
    if (nearest) notes.push(line(desk.fill(text.nearest, { name: nearest.name })));
    notes.push(...walkingNotes(finding, text));
    notes.push(...methodNotes(finding, popup));
    if (finding.fragile) notes.push(line(text.fragile, "desk-flips"));
    return notes;
  }

  function clauseCell({ clause, standing }, { text }) {
    const source = desk.fill(text.source, clause);
    return [
      desk.el("div", {}, desk.el("b", {}, clause.id), ` ${clause.title}`),
      line([clause.modality, clause.holder, standing].filter(Boolean).join(" · ")),
      desk.el("blockquote", { class: "desk-quote" }, clause.quote, desk.el("cite", {}, source)),
    ];
  }

  // A missed clause that only recommends, or sets a goal, is said to be one.
  function verdictText({ clause, verdict }, text) {
    const said = text.verdicts[verdict];
    if (verdict !== desk.NON_COMPLIANT || clause.mandatory) return said;
    return desk.fill(text.verdict_of_modality, { verdict: said, modality: clause.modality });
  }

  function findingRow(finding, popup) {
    const { text } = popup;
    const cell = (...content) => desk.el("td", {}, ...content);
    return desk.el(
      "tr",
      { "data-clause": finding.clause.id },
      cell(...clauseCell(finding, popup)),
      desk.el("td", { class: "desk-verdict" }, desk.verdictSwatch(finding.verdict), " ", verdictText(finding, text)),
      cell(desk.el("b", {}, valueText(finding)), line(requiredText(finding)), line(marginText(finding, text))),
      cell(...sumCell(finding, popup)),
    );
  }

  desk.findingTable = (findings, popup) => {
    const { text } = popup;
    if (!findings.length) return desk.el("p", { class: "desk-note" }, text.no_findings_here);
    const heads = [text.clause, text.verdict, `${text.value} / ${text.required}`, text.basis];
    return desk.el(
      "table",
      { class: "desk-findings" },
      desk.el("thead", {}, desk.el("tr", {}, ...heads.map((head) => desk.el("th", {}, head)))),
      desk.el("tbody", {}, ...findings.map((finding) => findingRow(finding, popup))),
    );
  };

  // A heading and lines of "name: value"; a value may be a node.
  function card(heading, facts, ...rest) {
    const pairs = facts.flatMap(([name, value]) => [desk.el("dt", {}, name), desk.el("dd", {}, value)]);
    return desk.el("div", { class: "desk-card" }, desk.el("h2", {}, heading), desk.el("dl", {}, ...pairs), ...rest);
  }

  const count = (value, text) => (value === null ? text.unknown : desk.figure(value));
  const area = (value, text) =>
    value === null ? text.unknown : desk.fill(text.area_value, { n: desk.figure(value, 2) });

  desk.unreachableNote = ({ text }) => desk.el("p", { class: "desk-flips" }, text.unreachable);

  desk.residencePopup = (residence, popup, note = null) => {
    const { text } = popup;
    const facts = [
      [text.id, residence.id],
      [text.households, count(residence.households, text)],
      [text.elders, count(residence.elders, text)],
    ];
    return card(residence.name, facts, note, desk.findingTable(residence.findings, popup));
  };

  // What the zone's row says, and what was counted in it; nothing of what is not known.
  function zoneFacts({ facts }, text) {
    if (!facts) return [];
    const share = (part, whole) => (whole ? `${desk.figure((100 * part) / whole, 1)}%` : "—");
    const beside = (said, unknown) => (unknown ? desk.fill(text.and_unknown_places, { n: said, unknown }) : said);
    const rate = (part, whole) => desk.fill(text.zone_rate, { part: desk.figure(part), whole: desk.figure(whole), share: share(part, whole) });
    const found = [
      [text.persons, facts.population],
      [text.households, facts.households],
      [text.elders_60, facts.elders_60],
      [text.elders_65, facts.elders_65],
    ].filter(([, value]) => value !== null).map(([name, value]) => [name, desk.figure(value)]);
    if (facts.units) {
      found.push([text.zone_units, rate(facts.near, facts.units)]);
      const households = rate(facts.householdsNear, facts.unitHouseholds);
      found.push([text.zone_households, facts.householdsUnknown ? desk.fill(text.and_unknown, { n: households, unknown: facts.householdsUnknown }) : households]);
    }
    found.push([text.facilities_open, desk.figure(facts.facilities)]);
    if (facts.facilities) {
      found.push([text.beds, beside(desk.figure(facts.beds), facts.bedsUnknown)]);
      found.push([text.floor_area, beside(desk.fill(text.area_value, { n: desk.figure(facts.floorArea, 2) }), facts.floorAreaUnknown)]);
    }
    return found;
  }

  desk.zonePopup = (zone, popup) => {
    const { text } = popup;
    const facts = [[text.id, zone.id], [text.kind, text.levels[zone.level]], ...zoneFacts(zone, text)];
    return card(zone.name, facts, desk.findingTable(zone.findings, popup));
  };

  desk.facilityPopup = (facility, popup) => {
    const { text, actions } = popup;
    const judged = facility.findings.length ? [desk.findingTable(facility.findings, popup)] : [];
    return card(facility.name, [
      [text.id, facility.id],
      [text.kind, facility.kind ? facility.kind.name : text.kind_unknown],
      [text.state, text.statuses[facility.status] || text.status_unknown],
      [text.beds, facility.beds === null ? text.unknown : desk.fill(text.beds_value, { n: desk.figure(facility.beds) })],
      [text.floor_area, area(facility.floorArea, text)],
    ], ...judged, ...(actions ? actions(facility) : []));
  };

  desk.unitPopup = (unit, popup) => (unit.polygons ? desk.zonePopup : desk.facilityPopup)(unit, popup);

  desk.candidatePopup = (candidate, { text }) =>
    card(candidate.name, [
      [text.id, candidate.id],
      [text.kind, candidate.kind || text.kind_unknown],
      [text.floor_area_max, area(candidate.floorArea, text)],
    ]);

  function known([value, unknown], text, message) {
    const said = desk.fill(message, { n: count(value, text) });
    return unknown ? desk.fill(text.and_unknown, { n: said, unknown }) : said;
  }

  function servedText(site, { text, residences }) {
    const shown = site.serves.slice(0, 8).map((row) => residences.name[row]);
    const names = shown.join(text.list_separator) + (site.serves.length > 8 ? text.serves_more : "");
    return site.serves.length ? desk.fill(text.serves_value, { n: site.serves.length, names }) : text.none;
  }

  desk.sitePopup = (site, popup) => {
    const { text } = popup;
    const mended = site.mends.map(([clause, n]) => desk.fill(text.mends_value, { clause, n }));
    const fits = site.fits === null ? text.fits_unknown : site.fits ? text.fits_yes : text.fits_no;
    return card(site.name, [
      [text.site, desk.figure(site.row + 1)],
      [text.kind, site.kind || text.kind_unknown],
      ...(site.stage ? [[text.stage_year, desk.fill(text.stage_by, { year: site.stage })]] : []),
      [text.serves, servedText(site, popup)],
      [text.households, known(site.households, text, text.households_short)],
      [text.persons, known(site.persons, text, text.persons_value)],
      [text.elders, known(site.elders, text, text.persons_value)],
      [text.mends, mended.length ? mended.join(text.list_separator) : text.none],
      [text.floor_area_needed, area(site.needed, text)],
      [text.floor_area_max, area(site.available, text)],
      [text.fits, desk.el("span", { class: site.fits === false ? "desk-flips" : null }, fits)],
    ], ...(popup.siteActions ? popup.siteActions(site) : []));
  };
})();

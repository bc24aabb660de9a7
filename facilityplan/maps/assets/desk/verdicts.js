// What a residence is coloured by: a verdict, a distance band, a shortfall, or how safe a verdict is.
"use strict";

(() => {
  // Numbers of the verdicts, as judgements.py writes them.
  const COMPLIANT = 0;
  const NON_COMPLIANT = 1;
  const INSUFFICIENT = 2;
  const NOT_APPLICABLE = 3;
  const WORST_FIRST = [NON_COMPLIANT, INSUFFICIENT, COMPLIANT, NOT_APPLICABLE];

  desk.VERDICTS = WORST_FIRST;
  desk.NON_COMPLIANT = NON_COMPLIANT;
  desk.NO_FINDING = -1;

  // Not verdicts, but drawn like them: whether another way to measure turns a verdict.
  const ROBUST = 4;
  const FRAGILE = 5;
  const STANDINGS = [FRAGILE, ROBUST, INSUFFICIENT];

  // Bands of distance in metres, and of a shortfall as a share of what is required: class numbers.
  const BANDS = [250, 500, 750, 1000, 1500, 2000, Infinity];
  const BAND = 10;
  const SHARES = [0, 0.1, 0.25, 0.5, Infinity];
  const SHARE = 20;

  const rankOf = (order) => {
    const rank = new Map(order.map((verdict, at) => [verdict, at]));
    rank.set(desk.NO_FINDING, order.length);
    return rank;
  };
  const VERDICT_RANK = rankOf(WORST_FIRST);

  desk.worst = (findings) =>
    WORST_FIRST.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ??
    desk.NO_FINDING;

  // The class of every residence: of several findings the first in the order counts.
  function classes(city, takes, classOf, order) {
    const rank = order === WORST_FIRST ? VERDICT_RANK : rankOf(order);
    const found = new Int16Array(city.residences.count).fill(desk.NO_FINDING);
    for (const ledger of city.ledgers) {
      if (!takes(ledger.clause)) continue;
      const { unit } = ledger.columns;
      for (let row = 0; row < unit.length; row += 1) {
        if (!ledger.isResidence(row)) continue;
        const own = classOf(ledger, row);
        if (rank.get(own) < rank.get(found[unit[row]])) found[unit[row]] = own;
      }
    }
    return found;
  }

  const verdictOf = ({ columns }, row) => columns.verdict[row];

  // A mark of -1 cannot be said.
  function standingOf({ columns }, row) {
    const mark = columns.method ? columns.method[row] : null;
    if (mark === null) return desk.NO_FINDING;
    return mark > 0 ? FRAGILE : mark < 0 ? INSUFFICIENT : ROBUST;
  }

  function bandOf({ columns }, row) {
    const value = columns.value[row];
    if (value === null) return columns.verdict[row] === NOT_APPLICABLE ? desk.NO_FINDING : INSUFFICIENT;
    return BAND + BANDS.findIndex((end) => value <= end);
  }

  function shareOf({ columns, required }, row) {
    if (columns.verdict[row] === NOT_APPLICABLE) return desk.NO_FINDING;
    if (columns.verdict[row] === INSUFFICIENT) return INSUFFICIENT;
    const asked = required(row);
    if (columns.verdict[row] === COMPLIANT) return SHARE;
    if (columns.margin[row] === null || !asked) return SHARE + SHARES.length - 1;
    const share = -columns.margin[row] / asked;
    return SHARE + SHARES.findIndex((end, at) => at > 0 && share <= end);
  }

  // The classes of the residences under a scheme.
  desk.classesOf = (city, scheme) => classes(city, scheme.takes, scheme.classOf || verdictOf, scheme.shown || WORST_FIRST);

  // What a scheme judges that is no residence: zones, facilities, and what has no place on the map.
  desk.unitsOf = ({ zones, facilities, elsewhere }, scheme) => {
    if (scheme.unitKind === "residence") return [];
    const unplaced = elsewhere.map((finding) => ({ id: null, name: finding.name, findings: [finding] }));
    const judged = ({ findings }) => findings.some((finding) => scheme.takes(finding.clause));
    return [...zones, ...facilities, ...unplaced].filter(judged);
  };

  // The verdict of such a unit.
  desk.verdictOf = (unit, scheme) => desk.worst(unit.findings.filter((finding) => scheme.takes(finding.clause)));

  function bands(text) {
    const shown = BANDS.map((_, at) => BAND + BANDS.length - 1 - at);
    const names = {};
    BANDS.forEach((end, at) => {
      names[BAND + at] = end === Infinity
        ? desk.fill(text.band_beyond, { from: desk.figure(BANDS[at - 1]) })
        : desk.fill(text.band, { from: desk.figure(at ? BANDS[at - 1] : 0), to: desk.figure(end) });
    });
    return { classOf: bandOf, shown: [...shown, INSUFFICIENT], names };
  }

  function shares(text) {
    const shown = SHARES.map((_, at) => SHARE + SHARES.length - 1 - at);
    const names = { [SHARE]: text.short_none };
    SHARES.forEach((end, at) => {
      if (at === 0) return;
      names[SHARE + at] = end === Infinity
        ? desk.fill(text.short_beyond, { from: desk.figure(100 * SHARES[at - 1]) })
        : desk.fill(text.short_to, { from: desk.figure(100 * SHARES[at - 1]), to: desk.figure(100 * end) });
    });
    return { classOf: shareOf, shown: [shown[0], ...shown.slice(1, -1), INSUFFICIENT, SHARE], names };
  }

  // All schemes to choose from, the default one first.
  desk.schemes = (city) => {
    const { clauses, ledgers, methods, text } = city;
    const residential = clauses.filter((clause) => clause.unitKind === "residence");
    const found = [];
    const add = (group, label, takes, more = {}) => found.push({ group, label, unitKind: "residence", takes, ...more });
    for (const [measure, name] of Object.entries(text.measures)) {
      if (residential.filter((clause) => clause.measure === measure).length > 1) {
        add(text.by_measure, desk.fill(text.all_of_measure, { measure: name }), (clause) => clause.measure === measure);
      }
    }
    if (ledgers.some(({ clause, columns, isResidence }) => clause.mandatory && columns.unit.some((_, row) => isResidence(row)))) {
      add(text.by_measure, text.worst, (clause) => clause.mandatory);
    }
    for (const clause of clauses) {
      // Where two clauses make one demand, the finding stands under the one that decides.
      const takes = (other) => other === clause || clause.together.some((at) => clauses[at] === other);
      add(text.by_clause, `${clause.id}　${clause.title}`, takes, { unitKind: clause.unitKind, clause });
    }
    for (const [measure, name] of Object.entries(text.measures)) {
      const own = residential.filter((clause) => clause.measure === measure);
      if (!own.length) continue;
      const takes = (clause) => clause.measure === measure;
      if (own.every((clause) => clause.metres)) add(text.by_distance, desk.fill(text.distance_of, { measure: name }), takes, bands(text));
      add(text.by_shortfall, desk.fill(text.shortfall_of, { measure: name }), takes, shares(text));
    }
    // Last: a map opens on a verdict, never on what hangs on the method.
    if (methods) {
      const measured = new Set(ledgers.filter(({ columns }) => columns.method).map(({ clause }) => clause));
      add(text.by_method, text.sense_title, (clause) => measured.has(clause), {
        classOf: standingOf,
        shown: STANDINGS,
        names: { [ROBUST]: text.robust, [FRAGILE]: text.fragile_method },
      });
    }
    return found;
  };
})();

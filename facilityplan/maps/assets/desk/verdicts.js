// Which verdict a unit is coloured by: a clause's, a measure's, or the worst of what is mandatory.
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
  desk.STANDINGS = [FRAGILE, ROBUST, INSUFFICIENT];

  // Fragile where any of its verdicts is; a mark of -1 cannot be said.
  function standingOf(unit) {
    const marks = unit.findings.map((finding) => finding.method).filter((mark) => mark !== null);
    if (!marks.length) return desk.NO_FINDING;
    if (marks.some((mark) => mark > 0)) return FRAGILE;
    return marks.some((mark) => mark < 0) ? INSUFFICIENT : ROBUST;
  }

  desk.worst = (findings) =>
    WORST_FIRST.find((verdict) => findings.some((finding) => finding.verdict === verdict)) ??
    desk.NO_FINDING;

  // The verdict of a unit under a scheme.
  desk.verdictOf = (unit, scheme) =>
    scheme.of ? scheme.of(unit) : desk.worst(unit.findings.filter(scheme.takes));

  // All schemes to choose from, the default one first.
  desk.schemes = ({ clauses, residences, methods, text }) => {
    const residential = clauses.filter((clause) => clause.unitKind === "residence");
    const found = [];
    for (const [measure, name] of Object.entries(text.measures)) {
      const own = residential.filter((clause) => clause.measure === measure);
      if (own.length > 1) {
        found.push({
          group: text.by_measure,
          label: desk.fill(text.all_of_measure, { measure: name }),
          unitKind: "residence",
          takes: (finding) => finding.clause.measure === measure,
        });
      }
    }
    if (residences.some((unit) => unit.findings.some((finding) => finding.clause.mandatory))) {
      found.push({
        group: text.by_measure,
        label: text.worst,
        unitKind: "residence",
        takes: (finding) => finding.clause.mandatory,
      });
    }
    // What is judged of projects and single facilities has no layer to colour; popups and lists say it.
    const coloured = clauses.filter((clause) => ["residence", "zone"].includes(clause.unitKind));
    for (const clause of coloured) {
      found.push({
        group: text.by_clause,
        label: `${clause.id}　${clause.title}`,
        unitKind: clause.unitKind,
        // Where two clauses make one demand, the finding stands under the one that decides.
        takes: (finding) =>
          finding.clause === clause ||
          clause.together.some((other) => clauses[other] === finding.clause),
      });
    }
    // Last: a map opens on a verdict, never on what hangs on the method.
    if (methods) {
      found.push({
        group: text.by_method,
        label: text.sense_title,
        unitKind: "residence",
        of: standingOf,
        shown: desk.STANDINGS,
        names: { [ROBUST]: text.robust, [FRAGILE]: text.fragile_method },
      });
    }
    return found;
  };
})();

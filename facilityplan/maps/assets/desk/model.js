// What follows from where the facilities stand: who is covered, floor area and beds by zone, the
// verdicts of the clauses that the page can judge. Nothing here draws.
"use strict";

(() => {
  const HOLDS = {
    "<=": (value, limit) => value <= limit,
    "<": (value, limit) => value < limit,
    ">=": (value, limit) => value >= limit,
    ">": (value, limit) => value > limit,
  };
  const [COMPLIANT, NON_COMPLIANT, INSUFFICIENT] = [0, 1, 2];
  const { millimetres, Points, Roads } = desk;
  const sum = (list) => list.reduce((total, value) => total + value, 0);

  // Whether a facility counts for what a clause counts: yes, perhaps, or no.
  function counts({ kinds, statuses, serving }, facility) {
    const anyKind = !kinds.length;
    const anyStatus = !statuses.length;
    const kind = anyKind || kinds.includes(facility.kind) || (serving.includes(facility.kind) && facility.community === 1);
    const status = anyStatus || statuses.includes(facility.status);
    const noKind = facility.kind === "" && !anyKind;
    const noStatus = facility.status === "" && !anyStatus;
    if (kind && status) return "yes";
    return (kind || noKind) && (status || noStatus) && (noKind || noStatus) ? "perhaps" : "no";
  }

  // The city as it is and as it would be; change() alters it, figures() says what follows.
  class Model {
    constructor(data, residences, geometry) {
      this.data = data;
      this.residences = residences;
      this.geometry = geometry;
      this.roads = data.graph ? new Roads(data.graph) : null;
      this.points = new Points(data.points, residences.count, this.roads);
      this.limits = data.rules.map((rule) => rule.limit);
      const given = data.facilities;
      const lost = new Set(given.lost || []);
      this.facilities = new Map();
      this.base = given.x.map((x, row) => ({
        key: `f${row}`,
        row,
        x,
        y: given.y[row],
        kind: given.kind[row],
        status: given.status[row],
        community: given.community[row],
        floorArea: given.floorArea[row],
        beds: given.beds[row],
        serves: given.serves[row],
        holder: given.holder[row],
        zones: given.zones[row],
        place: this.roads ? { edge: given.edge[row], along: given.along[row], off: given.off[row], lost: lost.has(row) } : null,
      }));
      this.tallies = data.rules.map(() => this.tally());
      this.base.forEach((facility) => this.put(facility));
    }

    tally() {
      return {
        straight: new Int32Array(this.points.count),
        walked: new Int32Array(this.points.count),
        perhaps: new Int32Array(this.points.count),
        of: new Map(),
      };
    }

    // Where a facility put down at metres x, y stands: on the roads, in which estate and zones.
    locate(x, y) {
      const [lon, lat] = desk.project(this.data.projection.toDegrees, x, y);
      const place = this.roads ? this.roads.snap(x, y, millimetres(this.data.snapLimit)) : null;
      return { place, ...this.geometry.holders(lon, lat) };
    }

    count(facility, sign) {
      this.data.rules.forEach((rule, number) => {
        const tally = this.tallies[number];
        if (sign > 0) {
          const role = counts(rule, facility);
          if (role === "no") return;
          const holds = HOLDS[rule.comparator];
          const limit = this.limits[number];
          const straight = this.points.straight(facility.x, facility.y, limit, holds);
          const walked = role === "yes" && this.roads ? this.points.walked(this.roads, facility.place, limit, holds)[0] : [];
          tally.of.set(facility.key, { role, straight, walked });
        }
        const own = tally.of.get(facility.key);
        if (!own) return;
        const into = own.role === "yes" ? tally.straight : tally.perhaps;
        for (const at of own.straight) into[at] += sign;
        for (const at of own.walked) tally.walked[at] += sign;
        if (sign < 0) tally.of.delete(facility.key);
      });
    }

    put(facility) {
      this.take(facility.key);
      this.facilities.set(facility.key, facility);
      this.count(facility, 1);
    }

    take(key) {
      const old = this.facilities.get(key);
      if (!old) return;
      this.count(old, -1);
      this.facilities.delete(key);
    }

    // The radius of a clause as one would like it to be.
    setLimit(number, limit) {
      this.limits[number] = limit;
      this.tallies[number] = this.tally();
      const rule = this.data.rules[number];
      for (const facility of this.facilities.values()) {
        const role = counts(rule, facility);
        if (role === "no") continue;
        const holds = HOLDS[rule.comparator];
        const straight = this.points.straight(facility.x, facility.y, limit, holds);
        const walked = role === "yes" && this.roads ? this.points.walked(this.roads, facility.place, limit, holds)[0] : [];
        const tally = this.tallies[number];
        tally.of.set(facility.key, { role, straight, walked });
        const into = role === "yes" ? tally.straight : tally.perhaps;
        for (const at of straight) into[at] += 1;
        for (const at of walked) tally.walked[at] += 1;
      }
    }

    // Which residences have a point counted; under the farthest point all of them must be.
    near(tally) {
      const { owner, perResidence, farthest, count } = this.points;
      const met = new Int32Array(perResidence.length);
      for (let at = 0; at < count; at += 1) if (tally[at] > 0) met[owner[at]] += 1;
      const found = new Uint8Array(perResidence.length);
      for (let row = 0; row < found.length; row += 1) {
        found[row] = met[row] > 0 && (!farthest[row] || met[row] === perResidence[row]) ? 1 : 0;
      }
      return found;
    }

    // Verdicts of the radius clauses, by clause: residence rows, verdicts, whether within a walk.
    radius() {
      return this.data.rules.map((rule, number) => {
        const tally = this.tallies[number];
        const straight = this.near(tally.straight);
        const perhaps = this.near(tally.perhaps);
        const walked = this.near(tally.walked);
        const verdict = rule.rows.map((row) => {
          if (straight[row]) return COMPLIANT;
          return perhaps[row] || !this.data.complete ? INSUFFICIENT : NON_COMPLIANT;
        });
        // a residence that cannot be judged is not said to be within a walk either
        const onFoot = rule.rows.map((row, at) => (verdict[at] !== INSUFFICIENT && walked[row] ? 1 : 0));
        return { clause: rule.clause, rows: rule.rows, verdict, onFoot, doubt: rule.doubt };
      });
    }

    // Verdicts on floor area: what each estate's premises come to against what it must have.
    floorArea() {
      const { households } = this.residences;
      return this.data.floor.map((group) => {
        const have = new Map();
        const missing = new Set();
        const add = (row, role, area, part, whole) => {
          const known = area !== null && whole > 0;
          if (role === "yes" && known) have.set(row, (have.get(row) || 0) + (area * part) / whole);
          else if (area !== 0) missing.add(row);
        };
        for (const facility of this.facilities.values()) {
          const role = counts(group, facility);
          if (role === "no") continue;
          const served = [...new Set(facility.serves)];
          const total = served.length > 1 ? sum(served.map((row) => (households[row] === null ? NaN : households[row]))) : 1;
          for (const row of served) add(row, role, facility.floorArea, served.length > 1 ? households[row] : 1, total);
          if (!served.length && facility.holder >= 0) add(facility.holder, role, facility.floorArea, 1, 1);
        }
        const verdict = group.rows.map((row, at) => {
          const asked = group.required[at];
          // thirds and sevenths of shared premises are compared as the fractions that they are
          if ((have.get(row) || 0) >= asked * (1 - 1e-12)) return COMPLIANT;
          return missing.has(row) || !this.data.complete ? INSUFFICIENT : NON_COMPLIANT;
        });
        return { clause: group.clause, rows: group.rows, verdict };
      });
    }

    // Verdicts on beds per thousand, zone by zone.
    bedVerdicts() {
      return this.data.beds.map((item) => {
        let [low, high] = [0, this.data.complete ? 0 : Infinity];
        for (const facility of this.facilities.values()) {
          const role = counts(item, facility);
          if (role === "no" || !facility.zones.includes(item.zone)) continue;
          if (role === "yes") low += facility.beds === null ? 0 : facility.beds;
          high += facility.beds === null ? Infinity : facility.beds;
        }
        const holds = (beds) => HOLDS[item.comparator]((beds * 1000) / item.persons, item.limit);
        const value = (low * 1000) / item.persons;
        if (high <= 0) return { ...item, value: null, verdict: INSUFFICIENT };
        const verdict = holds(low) === holds(high) ? (holds(low) ? COMPLIANT : NON_COMPLIANT) : INSUFFICIENT;
        return { ...item, value, verdict };
      });
    }

    // All figures: of the whole city, and of every zone by its row.
    figures(zoneCount) {
      const { households } = this.residences;
      const radius = this.radius();
      const blank = () => ({ units: 0, near: 0, onFoot: 0, households: 0, householdsNear: 0, householdsOnFoot: 0, floorArea: 0, beds: 0, facilities: 0 });
      const whole = blank();
      const zones = Array.from({ length: zoneCount }, blank);
      const add = (row, near, onFoot) => {
        const n = households[row] === null ? 0 : households[row];
        const one = (into) => {
          into.units += 1;
          into.near += near;
          into.onFoot += onFoot;
          into.households += n;
          into.householdsNear += near * n;
          into.householdsOnFoot += onFoot * n;
        };
        one(whole);
        for (const zone of this.data.chain[row]) one(zones[zone]);
      };
      for (const { rows, verdict, onFoot, doubt } of radius) {
        for (let at = 0; at < rows.length; at += 1) add(rows[at], verdict[at] === COMPLIANT ? 1 : 0, onFoot[at]);
        for (const row of doubt) add(row, 0, 0);
      }
      for (const facility of this.facilities.values()) {
        if (facility.status !== "operating") continue;
        for (const into of [whole, ...facility.zones.map((zone) => zones[zone])]) {
          into.facilities += 1;
          into.floorArea += facility.floorArea === null ? 0 : facility.floorArea;
          into.beds += facility.beds === null ? 0 : facility.beds;
        }
      }
      return { radius, floor: this.floorArea(), beds: this.bedVerdicts(), whole, zones };
    }

    // What one more facility of a kind at each spot would bring: households newly within reach.
    gains(spots, kind) {
      const { households } = this.residences;
      const now = this.radius();
      const open = this.data.rules.map((rule, number) => {
        const lacking = new Uint8Array(this.residences.count);
        const { verdict } = now[number];
        rule.rows.forEach((row, at) => { if (verdict[at] !== COMPLIANT) lacking[row] = 1; });
        return lacking;
      });
      const facility = { kind, status: "operating", community: -1 };
      return spots.map(({ x, y }) => {
        const won = new Set();
        this.data.rules.forEach((rule, number) => {
          if (counts(rule, facility) !== "yes") return;
          const seen = new Map();
          for (const at of this.points.straight(x, y, this.limits[number], HOLDS[rule.comparator])) {
            const row = this.points.owner[at];
            if (open[number][row]) seen.set(row, (seen.get(row) || 0) + 1);
          }
          for (const [row, met] of seen) if (!this.points.farthest[row] || met === this.points.perResidence[row]) won.add(row);
        });
        return { units: won.size, households: sum([...won].map((row) => households[row] || 0)) };
      });
    }
  }

  desk.counts = counts;
  desk.Model = Model;
})();

// Shapes of a layer as flat arrays, and a grid that finds them again. Nothing here draws.
"use strict";

(() => {
  const worldX = (lon) => (lon + 180) / 360;
  const worldY = (lat) => {
    const sine = Math.sin((lat * Math.PI) / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  };

  // Shapes of a layer in parts of a turn around the globe: feature -> rings or lines -> vertices.
  // rings: how many each feature has (0: a point); sizes: vertices of each; the first vertex of each
  // and the steps to the others, east and north.
  desk.shapes = ({ rings, sizes, first, steps, grain = 1 }, closed) => {
    const count = rings.length;
    const firstRing = new Int32Array(count + 1);
    for (let row = 0; row < count; row += 1) firstRing[row + 1] = firstRing[row] + Math.max(rings[row], 1);
    const firstVertex = new Int32Array(sizes.length + 1);
    for (let ring = 0; ring < sizes.length; ring += 1) firstVertex[ring + 1] = firstVertex[ring] + sizes[ring];
    const total = firstVertex[sizes.length];
    const x = new Float64Array(total);
    const y = new Float64Array(total);
    const degrees = grain / desk.SCALE;
    for (let ring = 0, step = 0; ring < sizes.length; ring += 1) {
      let lon = first.east[ring];
      let lat = first.north[ring];
      for (let at = firstVertex[ring]; at < firstVertex[ring + 1]; at += 1) {
        if (at > firstVertex[ring]) {
          lon += steps.east[step];
          lat += steps.north[step];
          step += 1;
        }
        x[at] = worldX(lon * degrees);
        y[at] = worldY(lat * degrees);
      }
    }
    const box = new Float64Array(4 * count);
    for (let row = 0; row < count; row += 1) {
      let [left, top, right, bottom] = [2, 2, -1, -1];
      for (let at = firstVertex[firstRing[row]]; at < firstVertex[firstRing[row + 1]]; at += 1) {
        if (x[at] < left) left = x[at];
        if (x[at] > right) right = x[at];
        if (y[at] < top) top = y[at];
        if (y[at] > bottom) bottom = y[at];
      }
      box[4 * row] = left;
      box[4 * row + 1] = top;
      box[4 * row + 2] = right;
      box[4 * row + 3] = bottom;
    }
    const isPoint = Uint8Array.from(rings, (n) => (n === 0 ? 1 : 0));
    return { count, closed, firstRing, firstVertex, x, y, box, isPoint, grid: gridOver(box, count) };
  };

  // Points of [lat, lon] as shapes.
  desk.spotShapes = (spots) => {
    const whole = (axis) => spots.map((at) => Math.round(at[axis] * desk.SCALE));
    const each = (value) => spots.map(() => value);
    return desk.shapes({ rings: each(0), sizes: each(1), first: { east: whole(1), north: whole(0) }, steps: { east: [], north: [] } }, true);
  };

  // Which features touch which cell of a grid over them all, as compressed rows.
  function gridOver(box, count) {
    let [left, top, right, bottom] = [2, 2, -1, -1];
    for (let b = 0; b < 4 * count; b += 4) {
      left = Math.min(left, box[b]);
      top = Math.min(top, box[b + 1]);
      right = Math.max(right, box[b + 2]);
      bottom = Math.max(bottom, box[b + 3]);
    }
    const side = Math.max(1, Math.min(512, Math.ceil(Math.sqrt(count / 3))));
    const width = Math.max((right - left) / side, 1e-12);
    const height = Math.max((bottom - top) / side, 1e-12);
    const clamp = (value) => Math.max(0, Math.min(side - 1, Math.floor(value)));
    const column = (x) => clamp((x - left) / width);
    const line = (y) => clamp((y - top) / height);
    const starts = new Int32Array(side * side + 1);
    const each = (row, visit) => {
      const c0 = column(box[4 * row]);
      const c1 = column(box[4 * row + 2]);
      const r1 = line(box[4 * row + 3]);
      for (let r = line(box[4 * row + 1]); r <= r1; r += 1) for (let c = c0; c <= c1; c += 1) visit(r * side + c);
    };
    for (let row = 0; row < count; row += 1) each(row, (cell) => { starts[cell + 1] += 1; });
    for (let cell = 0; cell < side * side; cell += 1) starts[cell + 1] += starts[cell];
    const next = starts.slice();
    const members = new Int32Array(starts[side * side]);
    for (let row = 0; row < count; row += 1) each(row, (cell) => { members[next[cell]] = row; next[cell] += 1; });
    return { column, line, side, starts, members, seen: new Int32Array(count), round: 0 };
  }

  // Calls back with every feature whose box meets the given one, once each.
  desk.within = ({ grid, box, count }, x0, y0, x1, y1, visit) => {
    if (!count) return;
    grid.round += 1;
    const c0 = grid.column(x0);
    const c1 = grid.column(x1);
    const r1 = grid.line(y1);
    for (let r = grid.line(y0); r <= r1; r += 1) {
      const row = r * grid.side;
      for (let at = grid.starts[row + c0]; at < grid.starts[row + c1 + 1]; at += 1) {
        const feature = grid.members[at];
        if (grid.seen[feature] === grid.round) continue;
        grid.seen[feature] = grid.round;
        const b = 4 * feature;
        if (box[b] <= x1 && box[b + 2] >= x0 && box[b + 1] <= y1 && box[b + 3] >= y0) visit(feature);
      }
    }
  };

  // The longer side of a feature's box.
  desk.span = ({ box }, feature) => Math.max(box[4 * feature + 2] - box[4 * feature], box[4 * feature + 3] - box[4 * feature + 1]);

  // Whether a spot lies inside a feature's rings, by the even-odd rule.
  desk.inside = ({ firstRing, firstVertex, x, y }, feature, px, py) => {
    let odd = false;
    for (let ring = firstRing[feature]; ring < firstRing[feature + 1]; ring += 1) {
      const begin = firstVertex[ring];
      const end = firstVertex[ring + 1];
      for (let at = begin, last = end - 1; at < end; last = at, at += 1) {
        if (y[at] > py !== y[last] > py && px < ((x[last] - x[at]) * (py - y[at])) / (y[last] - y[at]) + x[at]) odd = !odd;
      }
    }
    return odd;
  };

  // Which estate and which zones hold a spot in degrees: the lowest id owns an edge. The page knows
  // outlines to 0.1 m; what lies nearer to one is for the program to decide.
  desk.holders = (shapes, ids, zones) => (lon, lat) => {
    const [x, y] = [worldX(lon), worldY(lat)];
    let holder = -1;
    desk.within(shapes, x, y, x, y, (row) => {
      if (shapes.isPoint[row] || !desk.inside(shapes, row, x, y)) return;
      if (holder < 0 || ids[row] < ids[holder]) holder = row;
    });
    const best = new Map();
    zones.forEach((zone) => {
      if (!zone.polygons.some((rings) => odd(rings, lon, lat))) return;
      const own = best.get(zone.level);
      if (!own || zone.id < own.id) best.set(zone.level, zone);
    });
    return { holder, zones: [...best.values()].map((zone) => zone.row) };
  };

  // The even-odd rule over rings of [lat, lon].
  function odd(rings, lon, lat) {
    let inside = false;
    for (const ring of rings) {
      for (let at = 0, last = ring.length - 1; at < ring.length; last = at, at += 1) {
        const [y0, x0] = ring[at];
        const [y1, x1] = ring[last];
        if (y0 > lat !== y1 > lat && lon < ((x1 - x0) * (lat - y0)) / (y1 - y0) + x0) inside = !inside;
      }
    }
    return inside;
  }

  desk.worldX = worldX;
  desk.worldY = worldY;
})();

// Who is within reach when facilities are moved, added, taken away or resized: the same whole
// millimetres as facilityplan.network and facilityplan.coverage find. Nothing here draws.
"use strict";

(() => {
  const millimetres = (metres) => Math.floor(metres * 1000 + 0.5);

  // A polynomial of projection.py.
  desk.project = ({ middle, half, terms }, a, b) => {
    const u = (a - middle[0]) / half[0];
    const v = (b - middle[1]) / half[1];
    let at = 0;
    const found = [0, 0];
    for (let total = 0; at < terms[0].length; total += 1) {
      for (let i = 0; i <= total; i += 1) {
        const power = u ** i * v ** (total - i);
        found[0] += terms[0][at] * power;
        found[1] += terms[1][at] * power;
        at += 1;
      }
    }
    return found;
  };

  // Roads: the search graph, and the true lines of the edges for places that are put on them.
  class Roads {
    constructor({ x, y, ids, sizes, mm, alias, place }) {
      this.x = Float64Array.from(x);
      this.y = Float64Array.from(y);
      this.ids = Int32Array.from(ids);
      const edges = sizes.length;
      this.first = new Int32Array(edges + 1);
      sizes.forEach((size, edge) => { this.first[edge + 1] = this.first[edge] + size; });
      this.mm = Float64Array.from(mm);
      const stands = Int32Array.from({ length: x.length }, (_, vertex) => vertex);
      alias.forEach((vertex, at) => { stands[vertex] = place[at]; });
      this.tail = new Int32Array(edges);
      this.head = new Int32Array(edges);
      const degree = new Int32Array(x.length + 1);
      for (let edge = 0; edge < edges; edge += 1) {
        this.tail[edge] = stands[ids[this.first[edge]]];
        this.head[edge] = stands[ids[this.first[edge + 1] - 1]];
        degree[this.tail[edge] + 1] += 1;
        degree[this.head[edge] + 1] += 1;
      }
      for (let vertex = 0; vertex < x.length; vertex += 1) degree[vertex + 1] += degree[vertex];
      this.start = degree.slice();
      this.to = new Int32Array(2 * edges);
      this.length = new Float64Array(2 * edges);
      for (let edge = 0; edge < edges; edge += 1) {
        for (const [from, to] of [[this.tail[edge], this.head[edge]], [this.head[edge], this.tail[edge]]]) {
          this.to[degree[from]] = to;
          this.length[degree[from]] = mm[edge];
          degree[from] += 1;
        }
      }
      this.dist = new Float64Array(x.length);
      this.stamp = new Int32Array(x.length);
      this.round = 0;
      this.heapKey = new Float64Array(1024);
      this.heapAt = new Int32Array(1024);
      this.index();
    }

    // Segments in cells of a grid, to find the nearest line.
    index() {
      const { x, y, ids, first } = this;
      let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
      for (let at = 0; at < x.length; at += 1) {
        west = Math.min(west, x[at]);
        east = Math.max(east, x[at]);
        south = Math.min(south, y[at]);
        north = Math.max(north, y[at]);
      }
      const size = Math.max(Math.sqrt(((east - west) * (north - south)) / Math.max(ids.length, 1)) * 1.5, 20);
      const columns = Math.floor((east - west) / size) + 1;
      const rows = Math.floor((north - south) / size) + 1;
      this.grid = { west, south, size, columns, rows };
      const starts = new Int32Array(columns * rows + 1);
      const each = (visit) => {
        for (let edge = 0; edge + 1 < first.length; edge += 1) {
          for (let at = first[edge]; at + 1 < first[edge + 1]; at += 1) {
            const [a, b] = [ids[at], ids[at + 1]];
            const c0 = Math.floor((Math.min(x[a], x[b]) - west) / size);
            const c1 = Math.floor((Math.max(x[a], x[b]) - west) / size);
            const r0 = Math.floor((Math.min(y[a], y[b]) - south) / size);
            const r1 = Math.floor((Math.max(y[a], y[b]) - south) / size);
            for (let r = r0; r <= r1; r += 1) for (let c = c0; c <= c1; c += 1) visit(r * columns + c, edge);
          }
        }
      };
      each((cell) => { starts[cell + 1] += 1; });
      for (let cell = 0; cell < columns * rows; cell += 1) starts[cell + 1] += starts[cell];
      const next = starts.slice();
      this.cellEdges = new Int32Array(starts[columns * rows]);
      each((cell, edge) => { this.cellEdges[next[cell]] = edge; next[cell] += 1; });
      this.cellStarts = starts;
    }

    // How far a spot is from an edge's line, and how far along the nearest place on it is.
    along(edge, px, py) {
      const { x, y, ids, first } = this;
      let [best, place, before] = [Infinity, 0, 0];
      for (let at = first[edge]; at + 1 < first[edge + 1]; at += 1) {
        const [a, b] = [ids[at], ids[at + 1]];
        const dx = x[b] - x[a];
        const dy = y[b] - y[a];
        const square = dx * dx + dy * dy;
        const length = Math.sqrt(square);
        const part = ((px - x[a]) * dx + (py - y[a]) * dy) / square;
        let off;
        if (part <= 0) off = Math.sqrt((px - x[a]) * (px - x[a]) + (py - y[a]) * (py - y[a]));
        else if (part >= 1) off = Math.sqrt((px - x[b]) * (px - x[b]) + (py - y[b]) * (py - y[b]));
        else off = Math.abs(((y[a] - py) * dx - (x[a] - px) * dy) / square) * length;
        const here = part <= 0 ? before : part <= 1 ? before + part * length : before + length;
        if (off < best) [best, place] = [off, here];
        before += length;
      }
      return [best, place];
    }

    // The nearest place on the roads: the lowest of equally near edges.
    snap(px, py, limit) {
      const { west, south, size, columns, rows } = this.grid;
      const column = Math.floor((px - west) / size);
      const row = Math.floor((py - south) / size);
      let [edge, off, place] = [-1, Infinity, 0];
      const look = (c, r) => {
        if (c < 0 || r < 0 || c >= columns || r >= rows) return;
        const cell = r * columns + c;
        for (let at = this.cellStarts[cell]; at < this.cellStarts[cell + 1]; at += 1) {
          const other = this.cellEdges[at];
          if (other === edge) continue;
          const [away, along] = this.along(other, px, py);
          if (away < off || (away === off && other < edge)) [edge, off, place] = [other, away, along];
        }
      };
      const farthest = Math.max(Math.abs(column), Math.abs(row), Math.abs(columns - column), Math.abs(rows - row)) + 1;
      for (let ring = 0; ring <= farthest; ring += 1) {
        // what lies in farther rings is at least this far away, and beyond the limit nothing counts
        if ((ring - 1) * size > Math.min(off, limit / 1000 + 1)) break;
        for (let c = column - ring; c <= column + ring; c += 1) {
          look(c, row - ring);
          if (ring) look(c, row + ring);
        }
        for (let r = row - ring + 1; r < row + ring; r += 1) {
          look(column - ring, r);
          look(column + ring, r);
        }
      }
      if (edge < 0) return { edge, along: 0, off: Infinity, lost: true };
      const along = Math.max(0, Math.min(this.mm[edge], millimetres(place)));
      return { edge, along, off: millimetres(off), lost: millimetres(off) > limit };
    }

    push(key, at, size) {
      if (size === this.heapKey.length) {
        const [keys, places] = [new Float64Array(2 * size), new Int32Array(2 * size)];
        keys.set(this.heapKey);
        places.set(this.heapAt);
        [this.heapKey, this.heapAt] = [keys, places];
      }
      let hole = size;
      while (hole) {
        const parent = (hole - 1) >> 1;
        if (this.heapKey[parent] <= key) break;
        this.heapKey[hole] = this.heapKey[parent];
        this.heapAt[hole] = this.heapAt[parent];
        hole = parent;
      }
      this.heapKey[hole] = key;
      this.heapAt[hole] = at;
    }

    // Takes the least away from a heap of that size.
    sink(size) {
      const key = this.heapKey[size - 1];
      const at = this.heapAt[size - 1];
      let hole = 0;
      for (;;) {
        let child = 2 * hole + 1;
        if (child >= size - 1) break;
        if (child + 1 < size - 1 && this.heapKey[child + 1] < this.heapKey[child]) child += 1;
        if (this.heapKey[child] >= key) break;
        this.heapKey[hole] = this.heapKey[child];
        this.heapAt[hole] = this.heapAt[child];
        hole = child;
      }
      this.heapKey[hole] = key;
      this.heapAt[hole] = at;
    }

    // Calls back with every place within a limit of one on the roads, the nearest first.
    within({ edge, along, off }, limit, visit) {
      this.round += 1;
      const { round, stamp, dist } = this;
      let size = 0;
      const reach = (place, mm) => {
        if (mm > limit || (stamp[place] === round && dist[place] <= mm)) return;
        stamp[place] = round;
        dist[place] = mm;
        this.push(mm, place, size);
        size += 1;
      };
      reach(this.tail[edge], off + along);
      reach(this.head[edge], off + this.mm[edge] - along);
      while (size) {
        const mm = this.heapKey[0];
        const place = this.heapAt[0];
        this.sink(size);
        size -= 1;
        if (mm > dist[place]) continue;
        visit(place, mm);
        for (let at = this.start[place]; at < this.start[place + 1]; at += 1) reach(this.to[at], mm + this.length[at]);
      }
    }
  }

  // Points of residences: in a grid for straight lines, on the roads for walks.
  class Points {
    constructor({ x, y, owner, farthest, edge, along, off, lost }, residences, roads) {
      this.x = Float64Array.from(x);
      this.y = Float64Array.from(y);
      this.owner = Int32Array.from(owner);
      this.count = x.length;
      this.perResidence = new Int32Array(residences);
      for (const row of owner) this.perResidence[row] += 1;
      this.farthest = new Uint8Array(residences);
      for (const row of farthest) this.farthest[row] = 1;
      this.size = 250;
      this.cells = new Map();
      [this.first, this.last] = [[Infinity, Infinity], [-Infinity, -Infinity]];
      for (let at = 0; at < this.count; at += 1) {
        const [column, row] = [Math.floor(x[at] / this.size), Math.floor(y[at] / this.size)];
        const key = this.key(column, row);
        if (!this.cells.has(key)) this.cells.set(key, []);
        this.cells.get(key).push(at);
        this.first = [Math.min(this.first[0], column), Math.min(this.first[1], row)];
        this.last = [Math.max(this.last[0], column), Math.max(this.last[1], row)];
      }
      if (!roads) return;
      this.edge = Int32Array.from(edge);
      this.along = Float64Array.from(along);
      this.off = Float64Array.from(off);
      const isLost = new Uint8Array(this.count);
      for (const at of lost) isLost[at] = 1;
      this.hang(roads, isLost);
      this.best = new Float64Array(this.count);
      this.stamp = new Int32Array(this.count);
      this.round = 0;
    }

    key(column, row) {
      return column * 4194304 + row;
    }

    // Each point hangs on both ends of its edge, and beside the others on that edge.
    hang(roads, isLost) {
      const starts = new Int32Array(roads.x.length + 1);
      this.onEdge = new Map();
      const each = (visit) => {
        for (let at = 0; at < this.count; at += 1) {
          if (isLost[at]) continue;
          const edge = this.edge[at];
          visit(roads.tail[edge], at, this.off[at] + this.along[at]);
          visit(roads.head[edge], at, this.off[at] + roads.mm[edge] - this.along[at]);
        }
      };
      each((place) => { starts[place + 1] += 1; });
      for (let place = 0; place < roads.x.length; place += 1) starts[place + 1] += starts[place];
      const next = starts.slice();
      this.legPoint = new Int32Array(starts[roads.x.length]);
      this.legMm = new Float64Array(starts[roads.x.length]);
      each((place, at, mm) => {
        this.legPoint[next[place]] = at;
        this.legMm[next[place]] = mm;
        next[place] += 1;
      });
      this.legStarts = starts;
      for (let at = 0; at < this.count; at += 1) {
        if (isLost[at]) continue;
        if (!this.onEdge.has(this.edge[at])) this.onEdge.set(this.edge[at], []);
        this.onEdge.get(this.edge[at]).push(at);
      }
    }

    // Points within a straight line that the rule lets count.
    straight(px, py, limit, holds) {
      const found = [];
      const reach = limit + 1;
      // no farther than there are points, however wide the radius
      const low = (at, metres) => Math.max(this.first[at], Math.floor((metres - reach) / this.size));
      const high = (at, metres) => Math.min(this.last[at], Math.floor((metres + reach) / this.size));
      const [c1, r1] = [high(0, px), high(1, py)];
      for (let c = low(0, px); c <= c1; c += 1) {
        for (let r = low(1, py); r <= r1; r += 1) {
          for (const at of this.cells.get(this.key(c, r)) || []) {
            const dx = px - this.x[at];
            const dy = py - this.y[at];
            const metres = millimetres(Math.sqrt(dx * dx + dy * dy)) / 1000;
            if (holds(metres, limit)) found.push(at);
          }
        }
      }
      return found;
    }

    // Points within a walk that the rule lets count, and how many millimetres away each is.
    walked(roads, place, limit, holds) {
      if (!place || place.lost) return [[], []];
      this.round += 1;
      const touched = [];
      const reach = (at, mm) => {
        if (this.stamp[at] === this.round) {
          if (mm < this.best[at]) this.best[at] = mm;
          return;
        }
        this.stamp[at] = this.round;
        this.best[at] = mm;
        touched.push(at);
      };
      const limitMm = Math.floor(limit * 1000 + 0.5) + 1;
      roads.within(place, limitMm, (vertex, mm) => {
        for (let leg = this.legStarts[vertex]; leg < this.legStarts[vertex + 1]; leg += 1) reach(this.legPoint[leg], mm + this.legMm[leg]);
      });
      for (const at of this.onEdge.get(place.edge) || []) reach(at, place.off + this.off[at] + Math.abs(place.along - this.along[at]));
      const found = touched.filter((at) => holds(this.best[at] / 1000, limit));
      return [found, found.map((at) => this.best[at])];
    }
  }

  desk.millimetres = millimetres;
  desk.Roads = Roads;
  desk.Points = Points;
})();

// Service areas: circles about what counts and streets within a walk. While things are tried out
// they follow what is moved, added, taken away, and the radius.
"use strict";

(() => {
  const TILE = 256;
  const BATCH = 64;
  const CIRCUMFERENCE = 2 * Math.PI * 6378137;

  const still = (canvas, style) => ({ ...style, renderer: canvas, pane: canvas.options.pane, interactive: false });

  // A circle each; those that stay are kept.
  const Circles = L.LayerGroup.extend({
    initialize(canvas, colour) {
      L.LayerGroup.prototype.initialize.call(this);
      this._style = { ...still(canvas, { stroke: true, color: colour, weight: 1, opacity: 0.55 }), fillColor: colour, fillOpacity: 0.07 };
      this._own = new Map();
    },

    show(spots, radius) {
      for (const [key, circle] of this._own) {
        if (spots.has(key)) continue;
        this.removeLayer(circle);
        this._own.delete(key);
      }
      for (const [key, at] of spots) {
        const circle = this._own.get(key);
        if (!circle) {
          const made = L.circle(at, { ...this._style, radius });
          this._own.set(key, made);
          this.addLayer(made);
          continue;
        }
        if (!circle.getLatLng().equals(at)) circle.setLatLng(at);
        if (circle.getRadius() !== radius) circle.setRadius(radius);
      }
    },

    drag(key, at) {
      if (this._own.has(key)) this._own.get(key).setLatLng(at);
    },
  });

  // By the thousand: filled on tiles, as one area without outlines.
  const CircleTiles = L.GridLayer.extend({
    initialize(canvas, colour) {
      L.setOptions(this, { tileSize: TILE, keepBuffer: 1, updateWhenZooming: false, opacity: 0.16, pane: canvas.options.pane });
      this._colour = colour;
      this._spots = new Map();
      this._radius = 0;
    },

    show(spots, radius) {
      this._spots = spots;
      this._radius = radius;
      this._shapes = desk.spotShapes([...spots.values()]);
      if (this._map) this.redraw();
    },

    drag() {},

    createTile(coords) {
      const tile = document.createElement("canvas");
      tile.width = TILE;
      tile.height = TILE;
      const scale = TILE * 2 ** coords.z;
      const middle = Math.atan(Math.sinh(Math.PI * (1 - (2 * (coords.y + 0.5)) / 2 ** coords.z)));
      const reach = this._radius / (CIRCUMFERENCE * Math.cos(middle));
      const [left, top] = [(coords.x * TILE) / scale, (coords.y * TILE) / scale];
      const side = TILE / scale;
      const pen = tile.getContext("2d");
      pen.fillStyle = this._colour;
      const found = [];
      desk.within(this._shapes, left - reach, top - reach, left + side + reach, top + side + reach, (row) => found.push(row));
      for (let from = 0; from < found.length; from += BATCH) {
        pen.beginPath();
        for (const row of found.slice(from, from + BATCH)) {
          const [x, y] = [(this._shapes.x[row] - left) * scale, (this._shapes.y[row] - top) * scale];
          pen.moveTo(x + reach * scale, y);
          pen.arc(x, y, reach * scale, 0, 2 * Math.PI);
        }
        pen.fill();
      }
      return tile;
    },
  });

  const keyOf = (row) => `f${row}`;

  desk.areaLayer = (canvas, area, facilities, colour) => {
    const layer = new (desk.isMany(area.facilities) ? CircleTiles : Circles)(canvas, colour);
    layer.rest = () => layer.show(new Map(area.facilities.map((row) => [keyOf(row), facilities[row].at])), area.limit);
    layer.rest();
    return layer;
  };

  // Parts of an edge, in millimetres along it, that overlap or touch made one.
  function merged(parts) {
    parts.sort((one, other) => one[0] - other[0]);
    const found = [];
    for (const [from, to] of parts) {
      const last = found[found.length - 1];
      if (last && from <= last[1]) last[1] = Math.max(last[1], to);
      else found.push([from, to]);
    }
    return found.filter(([from, to]) => to > from);
  }

  // The line of an edge between two places on it, metres.
  function cut(roads, edge, from, to) {
    const { x, y, ids, first, mm } = roads;
    const line = [];
    const along = [0];
    for (let at = first[edge]; at < first[edge + 1]; at += 1) line.push([x[ids[at]], y[ids[at]]]);
    for (let at = 1; at < line.length; at += 1) along.push(along[at - 1] + Math.hypot(line[at][0] - line[at - 1][0], line[at][1] - line[at - 1][1]));
    const unit = along[along.length - 1] / mm[edge];
    const [begin, end] = [from * unit, to * unit];
    const spot = (metres) => {
      let at = 1;
      while (at < line.length - 1 && along[at] < metres) at += 1;
      const part = Math.min(1, (metres - along[at - 1]) / (along[at] - along[at - 1] || 1));
      return [0, 1].map((axis) => line[at - 1][axis] + part * (line[at][axis] - line[at - 1][axis]));
    };
    const inner = line.filter((_, at) => along[at] > begin && along[at] < end);
    return [spot(begin), ...inner, spot(end)];
  }

  // Streets within a walk of places on the roads, cut at the limit; lines in metres.
  desk.streetsWithin = (roads, places, limitM) => {
    const limit = Math.floor(limitM * 1000 + 0.5);
    const best = new Float64Array(roads.x.length).fill(Infinity);
    const parts = new Map();
    const add = (edge, from, to) => {
      if (!parts.has(edge)) parts.set(edge, []);
      parts.get(edge).push([Math.max(0, from), Math.min(roads.mm[edge], to)]);
    };
    for (const place of places) {
      if (!place || place.lost || place.off > limit) continue;
      const left = limit - place.off;
      add(place.edge, place.along - left, place.along + left);
      roads.within(place, limit, (vertex, mm) => { if (mm < best[vertex]) best[vertex] = mm; });
    }
    for (let edge = 0; edge < roads.mm.length; edge += 1) {
      const [tail, head] = [limit - best[roads.tail[edge]], limit - best[roads.head[edge]]];
      if (tail >= 0) add(edge, 0, tail);
      if (head >= 0) add(edge, roads.mm[edge] - head, Infinity);
    }
    return [...parts].flatMap(([edge, list]) => merged(list).map(([from, to]) => cut(roads, edge, from, to)));
  };

  desk.streetLayer = (canvas, area, colour) => {
    const line = L.polyline(area.streets, still(canvas, { color: colour, weight: 2.6, opacity: 0.9 }));
    const layer = L.layerGroup([line]);
    let make = null;
    const settle = () => {
      if (!make || !layer._map) return;
      line.setLatLngs(make());
      make = null;
    };
    layer.on("add", settle);
    layer.follow = (lines) => { make = lines; settle(); };
    layer.rest = () => layer.follow(() => area.streets);
    return layer;
  };

  // Which facilities of a model count for an area, and how far it now reaches: the farthest of the
  // radii of its clauses.
  desk.areaNow = ({ area }, model) => {
    const rules = model.data.rules.map((rule, number) => ({ rule, limit: model.limits[number] })).filter(({ rule }) => area.ids.includes(rule.clause));
    const counting = [...model.facilities.values()].filter((facility) => rules.some(({ rule }) => desk.counts(rule, facility) === "yes"));
    return { counting, limit: rules.length ? Math.max(...rules.map(({ limit }) => limit)) : area.limit };
  };

  const untouched = ({ moved, removed, added, limits }) => !moved.size && !removed.size && !added.length && !limits.size;

  // Brings the areas to where the scenario has them; without one back to where they were.
  desk.followAreas = ({ city, entries }, held) => {
    const at = (facility) => {
      const moved = facility.row < 0 || held.state.moved.has(facility.row);
      if (!moved) return city.facilities[facility.row].at;
      const [lon, lat] = desk.project(city.whatif.projection.toDegrees, facility.x, facility.y);
      return [lat, lon];
    };
    for (const entry of entries) {
      if (!entry.area) continue;
      const atRest = held === null || untouched(held.state) || !entry.area.ids.some((id) => held.model.data.rules.some((rule) => rule.clause === id));
      const { counting, limit } = atRest ? { counting: [], limit: entry.area.limit } : desk.areaNow(entry, held.model);
      entry.rename(desk.figure(limit, 3));
      if (atRest) entry.layer.rest();
      else if (entry.streets) entry.layer.follow(() => desk.streetsWithin(held.model.roads, counting.map(({ place }) => place), limit).map((line) => line.map(([x, y]) => desk.project(city.whatif.projection.toDegrees, x, y).reverse())));
      else entry.layer.show(new Map(counting.map((facility) => [facility.key, at(facility)])), limit);
    }
  };

  // While a sign is dragged its circle goes with it.
  desk.dragAreas = ({ entries }, key, latlng) => {
    for (const { area, streets, layer } of entries) if (area && !streets) layer.drag(key, latlng);
  };
})();

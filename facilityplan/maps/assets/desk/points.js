// Signs by the thousand: drawn on canvas tiles, found again under the pointer.
"use strict";

(() => {
  // More signs than these are drawn on tiles; a marker each would stall the page.
  const MANY = 2000;
  const UNITS = 20;
  const TILE = 256;
  const FAR = 13;
  const HIDDEN = -1;

  // The outlines and fillings of symbols.js as paths in a square of 20 units.
  const OUTLINES = {
    community: "M2.5 10A7.5 7.5 0 1 0 17.5 10A7.5 7.5 0 1 0 2.5 10Z",
    institution: "M5 3H15A2 2 0 0 1 17 5V15A2 2 0 0 1 15 17H5A2 2 0 0 1 3 15V5A2 2 0 0 1 5 3Z",
    other: "M10 2L18 10L10 18L2 10Z",
    unknown: "M10 2L18 17L2 17Z",
  };
  const INNER = {
    operating: { stroke: "M10 6.5V13.5M6.5 10H13.5", width: 2 },
    planned: { fill: "M7.8 10A2.2 2.2 0 1 0 12.2 10A2.2 2.2 0 1 0 7.8 10Z" },
    closed: { stroke: "M7 7L13 13M13 7L7 13", width: 1.8 },
    unknown: { text: "?" },
  };
  const INK = "#12564a";
  const CLOSED = "#868e96";

  function facilitySprite(pen, tier, status) {
    const state = status in INNER ? status : "unknown";
    const colour = state === "closed" ? CLOSED : INK;
    const solid = state === "operating";
    const outline = new Path2D(OUTLINES[tier] || OUTLINES.unknown);
    pen.fillStyle = solid ? colour : "#ffffff";
    pen.strokeStyle = solid ? "#ffffff" : colour;
    pen.lineWidth = solid ? 1 : 1.8;
    pen.setLineDash(state === "planned" ? [3, 1.6] : []);
    pen.fill(outline);
    pen.stroke(outline);
    pen.setLineDash([]);
    const inner = INNER[state];
    const ink = solid ? "#ffffff" : colour;
    [pen.fillStyle, pen.strokeStyle] = [ink, ink];
    if (inner.stroke) {
      pen.lineWidth = inner.width;
      pen.stroke(new Path2D(inner.stroke));
    }
    if (inner.fill) pen.fill(new Path2D(inner.fill));
    if (inner.text) {
      pen.font = "bold 11px sans-serif";
      pen.textAlign = "center";
      pen.fillText(inner.text, 10, 14);
    }
  }

  function candidateSprite(pen) {
    pen.beginPath();
    pen.arc(10, 10, 4, 0, 2 * Math.PI);
    pen.fillStyle = "#ffffff";
    pen.strokeStyle = desk.PLAN_COLOUR;
    pen.lineWidth = 1.6;
    pen.fill();
    pen.stroke();
  }

  desk.SignLayer = desk.PackedLayer.extend({
    // looks: how a sign of each class is painted; classes: of each spot.
    initialize(spots, looks, classes, options) {
      desk.PackedLayer.prototype.initialize.call(this, desk.spotShapes(spots), { order: looks.map((_, own) => own).reverse(), ...options });
      this._looks = looks;
      this._base = Int16Array.from(classes);
      this._classes = this._base.slice();
      this._sprites = new Map();
    },

    // Shows those rows alone that wanted says.
    filter(wanted) {
      this.setClasses(this._base.map((own, row) => (wanted(row) ? own : HIDDEN)), this.options.order);
    },

    _sprite(own, size) {
      const key = `${own} ${size}`;
      if (!this._sprites.has(key)) {
        const sprite = document.createElement("canvas");
        sprite.width = size;
        sprite.height = size;
        const pen = sprite.getContext("2d");
        pen.scale(size / UNITS, size / UNITS);
        this._looks[own](pen);
        this._sprites.set(key, sprite);
      }
      return this._sprites.get(key);
    },

    _draw(tile, coords) {
      const shapes = this._shapes;
      const ratio = tile.width / TILE;
      const scale = tile.width * 2 ** coords.z;
      const [dx, dy] = [coords.x * tile.width, coords.y * tile.width];
      const size = Math.round(UNITS * ratio * (coords.z < FAR ? 0.66 : 1));
      const pad = size / scale;
      const rank = new Map(this.options.order.map((own, at) => [own, at]));
      const found = [];
      desk.within(shapes, dx / scale - pad, dy / scale - pad, (dx + tile.width) / scale + pad, (dy + tile.width) / scale + pad, (row) => {
        if (this._classes[row] !== HIDDEN) found.push(row);
      });
      found.sort((a, b) => rank.get(this._classes[a]) - rank.get(this._classes[b]) || a - b);
      const pen = tile.getContext("2d");
      pen.clearRect(0, 0, tile.width, tile.height);
      for (const row of found) {
        const x = shapes.x[row] * scale - dx - size / 2;
        const y = shapes.y[row] * scale - dy - size / 2;
        pen.drawImage(this._sprite(this._classes[row], size), Math.round(x), Math.round(y));
      }
    },

    // The sign under a spot, the nearest of several; -1 where there is none.
    at(latlng) {
      const { x, y } = this._shapes;
      const zoom = this._map.getZoom();
      const reach = (zoom < FAR ? 6 : 9) / (TILE * 2 ** zoom);
      const [px, py] = [desk.worldX(latlng.lng), desk.worldY(latlng.lat)];
      let [found, least] = [-1, reach];
      desk.within(this._shapes, px - reach, py - reach, px + reach, py + reach, (row) => {
        const away = Math.hypot(x[row] - px, y[row] - py);
        if (this._classes[row] !== HIDDEN && (away < least || (away === least && row < found))) [found, least] = [row, away];
      });
      return found;
    },
  });

  desk.isMany = (items) => items.length > MANY;

  const tierOf = (facility) => (facility.kind ? facility.kind.tier : "unknown");

  desk.facilityTiles = (facilities) => {
    const looks = [];
    const number = new Map();
    const classes = facilities.map((facility) => {
      const [tier, state] = [tierOf(facility), facility.status || "unknown"];
      const key = `${tier} ${state}`;
      if (!number.has(key)) {
        number.set(key, looks.length);
        looks.push((pen) => facilitySprite(pen, tier, state));
      }
      return number.get(key);
    });
    return new desk.SignLayer(facilities.map(({ at }) => at), looks, classes, { pane: "desk-points" });
  };

  desk.candidateTiles = (candidates) =>
    new desk.SignLayer(candidates.map(({ at }) => at), [candidateSprite], candidates.map(() => 0), { pane: "desk-candidates" });
})();

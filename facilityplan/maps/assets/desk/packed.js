// Many shapes on canvas tiles: drawn a few milliseconds at a time, found again under the pointer.
"use strict";

(() => {
  const TILE = 256;
  const FRAME_MS = 10;
  const BATCH = 64;
  const SPECK = 3;
  const FAR = 13;

  const rgba = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };

  function trace(pen, { firstRing, firstVertex, x, y, closed }, feature, scale, dx, dy) {
    for (let ring = firstRing[feature]; ring < firstRing[feature + 1]; ring += 1) {
      const begin = firstVertex[ring];
      pen.moveTo(x[begin] * scale - dx, y[begin] * scale - dy);
      for (let at = begin + 1; at < firstVertex[ring + 1]; at += 1) pen.lineTo(x[at] * scale - dx, y[at] * scale - dy);
      if (closed) pen.closePath();
    }
  }

  desk.PackedLayer = L.GridLayer.extend({
    // styleOf(class, far) says how features of a class are drawn, as Leaflet's path options do;
    // order lists the classes from the ground up.
    initialize(shapes, options) {
      L.setOptions(this, { tileSize: TILE, keepBuffer: 1, updateWhenIdle: false, updateWhenZooming: false, ...options });
      this._shapes = shapes;
      this._classes = new Int16Array(shapes.count);
      this._waiting = [];
      this._timer = null;
    },

    setClasses(classes, order) {
      this._classes = classes;
      this.options.order = order;
      this.repaint();
      return this;
    },

    repaint() {
      if (!this._map) return;
      for (const { el, coords } of Object.values(this._tiles)) this._waiting.push({ tile: el, coords, done: null });
      this._pump();
    },

    createTile(coords, done) {
      const tile = document.createElement("canvas");
      const ratio = this._ratio();
      tile.width = TILE * ratio;
      tile.height = TILE * ratio;
      this._waiting.push({ tile, coords, done });
      this._pump();
      return tile;
    },

    _ratio: () => Math.min(3, Math.max(1.5, window.devicePixelRatio || 1)),

    _pump() {
      if (this._timer !== null) return;
      this.getPane().dataset.drawn = "false";
      const work = () => {
        const until = performance.now() + FRAME_MS;
        while (this._waiting.length && performance.now() < until) {
          const { tile, coords, done } = this._waiting.shift();
          if (this._map) this._draw(tile, coords);
          if (done) done(null, tile);
        }
        this._timer = this._waiting.length ? window.requestAnimationFrame(work) : null;
        if (this._timer === null && this._map) {
          this.getPane().dataset.drawn = "true";
          this.fire("painted");
        }
      };
      // the first of them at once: a picture that waits for a frame is a frame late
      this._timer = window.requestAnimationFrame(work);
    },

    _draw(tile, coords) {
      const shapes = this._shapes;
      const ratio = tile.width / TILE;
      const scale = TILE * ratio * 2 ** coords.z;
      const dx = coords.x * TILE * ratio;
      const dy = coords.y * TILE * ratio;
      const pad = (8 * ratio) / scale;
      const side = tile.width / scale;
      const groups = new Map();
      const specks = [];
      desk.within(shapes, dx / scale - pad, dy / scale - pad, dx / scale + side + pad, dy / scale + side + pad, (feature) => {
        const b = 4 * feature;
        const size = Math.max(shapes.box[b + 2] - shapes.box[b], shapes.box[b + 3] - shapes.box[b + 1]) * scale;
        if (size < SPECK * ratio && !shapes.isPoint[feature]) specks.push(feature);
        else {
          const own = this._classes[feature];
          if (!groups.has(own)) groups.set(own, []);
          groups.get(own).push(feature);
        }
      });
      const pen = tile.getContext("2d");
      pen.clearRect(0, 0, tile.width, tile.height);
      if (specks.length) this._specks(pen, tile.width, specks, scale, dx, dy, ratio);
      const far = coords.z < FAR;
      for (const own of this.options.order) {
        if (groups.has(own)) this._group(pen, groups.get(own), this.options.styleOf(own, far), { scale, dx, dy, ratio, far });
      }
    },

    // What is smaller than a few pixels is a small square, those on top of the order last.
    _specks(pen, width, specks, scale, dx, dy, ratio) {
      const { box, closed } = this._shapes;
      const image = pen.createImageData(width, width);
      const pixels = new Uint32Array(image.data.buffer);
      const size = closed ? Math.round(SPECK * ratio) : Math.round(ratio);
      const rank = new Map(this.options.order.map((own, at) => [own, at]));
      specks.sort((a, b) => rank.get(this._classes[a]) - rank.get(this._classes[b]) || a - b);
      const colours = new Map(this.options.order.map((own) => [own, rgba(this.options.speckOf(own))]));
      for (const feature of specks) {
        const b = 4 * feature;
        const left = Math.round(((box[b] + box[b + 2]) / 2) * scale - dx - size / 2);
        const top = Math.round(((box[b + 1] + box[b + 3]) / 2) * scale - dy - size / 2);
        const colour = colours.get(this._classes[feature]);
        for (let row = Math.max(top, 0); row < Math.min(top + size, width); row += 1) {
          for (let at = Math.max(left, 0); at < Math.min(left + size, width); at += 1) pixels[row * width + at] = colour;
        }
      }
      pen.putImageData(image, 0, 0);
    },

    // A long path stalls the browser: a few shapes at a time.
    _group(pen, features, style, { scale, dx, dy, ratio, far }) {
      const shapes = this._shapes;
      pen.fillStyle = style.fillColor || "#000000";
      pen.strokeStyle = style.color;
      pen.lineWidth = style.weight * ratio;
      pen.lineJoin = "round";
      pen.lineCap = shapes.closed ? "butt" : "round";
      pen.setLineDash(style.dashArray ? style.dashArray.split(" ").map((part) => Number(part) * ratio) : []);
      for (let from = 0; from < features.length; from += BATCH) {
        pen.beginPath();
        for (const feature of features.slice(from, from + BATCH)) {
          if (!shapes.isPoint[feature]) {
            trace(pen, shapes, feature, scale, dx, dy);
            continue;
          }
          const at = shapes.firstVertex[shapes.firstRing[feature]];
          const radius = (far ? 3.5 : 5) * ratio;
          const [x, y] = [shapes.x[at] * scale - dx, shapes.y[at] * scale - dy];
          pen.moveTo(x + radius, y);
          pen.arc(x, y, radius, 0, 2 * Math.PI);
        }
        if (shapes.closed) {
          pen.globalAlpha = style.fillOpacity;
          pen.fill("evenodd");
        }
        pen.globalAlpha = style.opacity === undefined ? 1 : style.opacity;
        pen.stroke();
      }
      pen.globalAlpha = 1;
    },

    // The feature under a spot, of several the smallest; -1 where there is none.
    at(latlng) {
      const shapes = this._shapes;
      const zoom = this._map.getZoom();
      const reach = (zoom < FAR ? 4 : 6) / (TILE * 2 ** zoom);
      const [x, y] = [desk.worldX(latlng.lng), desk.worldY(latlng.lat)];
      let found = -1;
      let least = Infinity;
      desk.within(shapes, x - reach, y - reach, x + reach, y + reach, (feature) => {
        const b = 4 * feature;
        const [left, top, right, bottom] = shapes.box.subarray(b, b + 4);
        const small = right - left < reach && bottom - top < reach;
        if (!small && !shapes.isPoint[feature] && !desk.inside(shapes, feature, x, y)) return;
        const away = small ? Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y) : 0;
        if (small && away > reach) return;
        const size = (right - left) * (bottom - top) + away * away;
        if (size < least || (size === least && feature < found)) [found, least] = [feature, size];
      });
      return found;
    },
  });
})();

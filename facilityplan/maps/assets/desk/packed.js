// Many shapes on canvas tiles: drawn a few milliseconds at a time, found again under the pointer.
"use strict";

(() => {
  const TILE = 256;
  const FRAME_MS = 10;
  const FIRST_MS = 200;
  const BATCH = 64;
  const SPECK = 3;
  const SMALL = 8;
  const GROWN = 1.5;
  const DOT = 5;
  const FAR = 13;

  const rgba = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };

  // A tile's pixels: what is small is written into them by hand, a path for each would take seconds.
  // Of two colours the second makes slanting stripes. Pixels whose middle lies in a span are taken.
  function easel(pen, width) {
    const image = pen.createImageData(width, width);
    const pixels = new Uint32Array(image.data.buffer);
    const span = (row, from, to, [fill, stripe]) => {
      if (row < 0 || row >= width) return;
      const end = Math.min(Math.floor(to - 0.5), width - 1);
      for (let at = Math.max(Math.ceil(from - 0.5), 0); at <= end; at += 1) {
        pixels[row * width + at] = stripe !== undefined && (at + row) % 6 < 2 ? stripe : fill;
      }
    };
    return { span, put: () => pen.putImageData(image, 0, 0) };
  }

  // A square around the middle of a box.
  function speck({ span }, x, y, size, colours) {
    const top = Math.round(y - size / 2);
    const left = Math.round(x - size / 2);
    for (let row = top; row < top + size; row += 1) span(row, left, left + size, colours);
  }

  function dot({ span }, x, y, radius, colours) {
    for (let row = Math.floor(y - radius); row <= y + radius; row += 1) {
      const half = Math.sqrt(Math.max(0, radius ** 2 - (row + 0.5 - y) ** 2));
      span(row, x - half, x + half, colours);
    }
  }

  // An outline grown to all sides, row by row from its leftmost to its rightmost spot.
  const lefts = new Float64Array(64);
  const rights = new Float64Array(64);
  function blob({ span }, { firstRing, firstVertex, x, y, box }, feature, { scale, dx, dy }, grown, colours) {
    const top = Math.floor(box[4 * feature + 1] * scale - dy - grown);
    const bottom = Math.floor(box[4 * feature + 3] * scale - dy + grown);
    lefts.fill(Infinity, 0, bottom - top + 1);
    rights.fill(-Infinity, 0, bottom - top + 1);
    for (let ring = firstRing[feature]; ring < firstRing[feature + 1]; ring += 1) {
      const end = firstVertex[ring + 1];
      let x0 = x[end - 1] * scale - dx;
      let y0 = y[end - 1] * scale - dy;
      for (let at = firstVertex[ring]; at < end; at += 1) {
        const x1 = x[at] * scale - dx;
        const y1 = y[at] * scale - dy;
        const slope = y1 === y0 ? 0 : (x1 - x0) / (y1 - y0);
        const lean = (grown * slope) / Math.sqrt(1 + slope * slope);
        const up = Math.min(y0, y1);
        const down = Math.max(y0, y1);
        for (let row = Math.ceil(up - grown - 0.5); row <= down + grown - 0.5; row += 1) {
          // the discs around the edge's spots that reach farthest to the left and right in this row
          const middle = row + 0.5;
          const low = Math.max(middle - down, -grown);
          const high = Math.min(middle - up, grown);
          const u = Math.max(low, Math.min(high, lean));
          const v = Math.max(low, Math.min(high, -lean));
          const left = x1 + (middle - u - y1) * slope - Math.sqrt(grown * grown - u * u);
          const right = x1 + (middle - v - y1) * slope + Math.sqrt(grown * grown - v * v);
          if (left < lefts[row - top]) lefts[row - top] = left;
          if (right > rights[row - top]) rights[row - top] = right;
        }
        x0 = x1;
        y0 = y1;
      }
    }
    for (let row = top; row <= bottom; row += 1) span(row, lefts[row - top], rights[row - top], colours);
  }

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
      this._waiting = new Map();
      this._timer = null;
      this._budget = FIRST_MS;
      this.on("tileunload", ({ tile }) => this._waiting.delete(tile));
    },

    setClasses(classes, order) {
      this._classes = classes;
      this.options.order = order;
      this.repaint();
      return this;
    },

    repaint() {
      if (!this._map) return;
      for (const { el, coords } of Object.values(this._tiles)) {
        if (!this._waiting.has(el)) this._waiting.set(el, { coords, done: null });
      }
      this._pump();
    },

    createTile(coords, done) {
      const tile = document.createElement("canvas");
      const ratio = this._ratio();
      tile.width = TILE * ratio;
      tile.height = TILE * ratio;
      this._waiting.set(tile, { coords, done });
      this._pump();
      return tile;
    },

    _ratio: () => Math.min(3, Math.max(1.5, window.devicePixelRatio || 1)),

    // A tile waits for the next frame: until then it may be asked for again, and is drawn once.
    // Of the first picture more is drawn at once: there is nothing yet that could be moved.
    _pump() {
      if (this._timer !== null) return;
      this.getPane().dataset.drawn = "false";
      const work = () => {
        const until = performance.now() + this._budget;
        for (const [tile, { coords, done }] of this._waiting) {
          this._waiting.delete(tile);
          if (this._map) this._draw(tile, coords);
          if (done) done(null, tile);
          if (performance.now() > until) break;
        }
        this._timer = this._waiting.size ? window.requestAnimationFrame(work) : null;
        if (this._timer !== null) return;
        this._budget = FRAME_MS;
        if (this._map) {
          this.getPane().dataset.drawn = "true";
          this.fire("painted");
        }
      };
      this._timer = window.requestAnimationFrame(work);
    },

    _draw(tile, coords) {
      const shapes = this._shapes;
      const ratio = tile.width / TILE;
      const scale = TILE * ratio * 2 ** coords.z;
      const dx = coords.x * TILE * ratio;
      const dy = coords.y * TILE * ratio;
      const far = coords.z < FAR;
      const view = { scale, dx, dy, ratio, far };
      const least = (far && shapes.closed ? SMALL : SPECK) * ratio;
      const pad = (8 * ratio) / scale;
      const side = tile.width / scale;
      const groups = new Map(this.options.order.map((own) => [own, { small: [], large: [] }]));
      desk.within(shapes, dx / scale - pad, dy / scale - pad, dx / scale + side + pad, dy / scale + side + pad, (feature) => {
        const group = groups.get(this._classes[feature]);
        if (!group) return;
        const small = shapes.isPoint[feature] ? far : desk.span(shapes, feature) * scale < least;
        (small ? group.small : group.large).push(feature);
      });
      const pen = tile.getContext("2d");
      pen.clearRect(0, 0, tile.width, tile.height);
      if ([...groups.values()].some(({ small }) => small.length)) {
        const board = easel(pen, tile.width);
        for (const [own, { small }] of groups) this._small(board, small, this.options.speckOf(own).map(rgba), view);
        board.put();
      }
      for (const [own, { large }] of groups) {
        if (large.length) this._group(pen, large, this.options.styleOf(own, far), view);
      }
    },

    // What is smaller than a few pixels is a small square, a point a dot.
    _small(board, features, colours, view) {
      const { scale, dx, dy, ratio } = view;
      const { box, closed, isPoint } = this._shapes;
      const size = Math.round((closed ? SPECK : 1) * ratio);
      for (const feature of features) {
        const b = 4 * feature;
        const x = ((box[b] + box[b + 2]) / 2) * scale - dx;
        const y = ((box[b + 1] + box[b + 3]) / 2) * scale - dy;
        if (isPoint[feature]) dot(board, x, y, DOT * ratio, colours);
        else if (desk.span(this._shapes, feature) * scale < SPECK * ratio) speck(board, x, y, size, colours);
        else blob(board, this._shapes, feature, view, GROWN * ratio, colours);
      }
    },

    // A long path stalls the browser: a few shapes at a time.
    _group(pen, features, style, { scale, dx, dy, ratio }) {
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
          const radius = DOT * ratio;
          const [x, y] = [shapes.x[at] * scale - dx, shapes.y[at] * scale - dy];
          pen.moveTo(x + radius, y);
          pen.arc(x, y, radius, 0, 2 * Math.PI, true);
        }
        if (shapes.closed) {
          pen.globalAlpha = style.fillOpacity;
          // holes turn the other way; what overlaps is no hole
          pen.fill("nonzero");
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

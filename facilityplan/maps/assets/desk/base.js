// Base maps of tiles under the city: from an address the user named, or out of the page itself.
"use strict";

(() => {
  // GCJ-02 as in crs/datums.py: the public polynomial, and its way back by iteration.
  const A = 6378245.0;
  const EE = 0.00669342162296594323;
  const [WEST, EAST, SOUTH, NORTH] = [72.004, 137.8347, 0.8293, 55.8271];
  const RAD = Math.PI / 180;

  function shifted(lon, lat) {
    const { sin, sqrt, abs, PI } = Math;
    const [x, y] = [lon - 105, lat - 35];
    const root = sqrt(abs(x));
    const short = 20 * sin(6 * PI * x) + 20 * sin(2 * PI * x);
    const longY = 20 * sin(PI * y) + 40 * sin((PI * y) / 3) + 160 * sin((PI * y) / 12) + 320 * sin((PI * y) / 30);
    const longX = 20 * sin(PI * x) + 40 * sin((PI * x) / 3) + 150 * sin((PI * x) / 12) + 300 * sin((PI * x) / 30);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ((short + longY) * 2) / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ((short + longX) * 2) / 3;
    const curve = 1 - EE * sin(lat * RAD) ** 2;
    const meridian = (A * (1 - EE)) / (curve * sqrt(curve));
    const parallel = (A / sqrt(curve)) * Math.cos(lat * RAD);
    return [lon + east / parallel / RAD, lat + north / meridian / RAD];
  }

  const inChina = (lon, lat) => lon >= WEST && lon <= EAST && lat >= SOUTH && lat <= NORTH;

  // Degrees of GCJ-02 of WGS84, longitude first; outside its rectangle they are the same.
  desk.gcjOf = (lon, lat) => (inChina(lon, lat) ? shifted(lon, lat) : [lon, lat]);

  desk.wgsOf = (lon, lat) => {
    if (!inChina(lon, lat)) return [lon, lat];
    let [x, y] = [lon, lat];
    for (let step = 0; step < 80; step += 1) {
      const [atX, atY] = shifted(x, y);
      const [offX, offY] = [lon - atX, lat - atY];
      const weight = step < 12 ? 1 : 0.5;
      x += weight * offX;
      y += weight * offY;
      if (Math.abs(offX) < 1e-12 && Math.abs(offY) < 1e-12) break;
    }
    return [x, y];
  };

  const lonOf = (x) => x * 360 - 180;
  const latOf = (y) => Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) / RAD;

  // Where a GCJ-02 tile lies on a map of WGS84, in pixels of its zoom. Each side goes where its own
  // middle goes: neighbours share their sides, and what is left is the tile's slant, some 0.6 pixel
  // at its corners.
  desk.gcjTile = ({ x, y, z }, size) => {
    const side = 2 ** z;
    const world = size * side;
    const moved = (column, row) => desk.wgsOf(lonOf(column / side), latOf(row / side));
    const across = (column) => desk.worldX(moved(column, y + 0.5)[0]) * world;
    const down = (row) => desk.worldY(moved(x + 0.5, row)[1]) * world;
    return { left: across(x), right: across(x + 1), top: down(y), bottom: down(y + 1) };
  };

  const urlOf = (address, { x, y, z }) => {
    const value = { x, y, z, "-y": 2 ** z - 1 - y };
    return address.replace(/\{(-?[xyz])\}/g, (whole, name) => String(value[name]));
  };

  // Pictures in the page, read when a base map is first shown.
  const held = new Map();
  function inside(number) {
    if (!held.has(number)) held.set(number, JSON.parse(document.getElementById(`desk-base-${number}`).textContent));
    return held.get(number);
  }

  function makeLayer() {
    return L.TileLayer.extend({
      initialize(base, number, address) {
        const { minZoom, maxZoom } = base;
        L.TileLayer.prototype.initialize.call(this, "", { minNativeZoom: minZoom, maxNativeZoom: maxZoom, maxZoom: 22 });
        this._base = base;
        this._number = number;
        this._address = address;
      },

      getTileUrl(coords) {
        const at = { x: coords.x, y: coords.y, z: this._tileZoom };
        if (!this._base.inside) return urlOf(this._address, at);
        const { pictures, places } = inside(this._number);
        return pictures[places[`${at.z}/${at.x}/${at.y}`]] || L.Util.emptyImageUrl;
      },

      // What of the tiles' own world lies under the window, with a rim for how that varies.
      _getTiledPixelBounds(center) {
        const own = this._base.gcj02 ? L.latLng(...desk.gcjOf(center.lng, center.lat).reverse()) : center;
        const found = L.TileLayer.prototype._getTiledPixelBounds.call(this, own);
        return this._base.gcj02 ? L.bounds(found.min.subtract([16, 16]), found.max.add([16, 16])) : found;
      },

      _addTile(coords, container) {
        L.TileLayer.prototype._addTile.call(this, coords, container);
        if (!this._base.gcj02) return;
        const { el } = this._tiles[this._tileCoordsToKey(coords)];
        const size = this.getTileSize().x;
        const { left, top, right, bottom } = desk.gcjTile(coords, size);
        const { x, y } = this._level.origin;
        // A width in fractions would be rounded, a scale is not.
        el.style.transformOrigin = "0 0";
        el.style.transform = `translate(${left - x}px, ${top - y}px) scale(${(right - left) / size}, ${(bottom - top) / size})`;
      },
    });
  }

  const SLOW_MS = 8000;

  // Says once that a base map cannot be had, and takes it back when a tile comes after all.
  function watching(notice, base, text) {
    const named = { name: base.name, host: base.hosts.join(", ") };
    const count = { come: 0, failed: 0 };
    const tell = () => {
      const message = count.come ? text.base_gaps : text.base_unreachable;
      notice.textContent = count.failed || !count.come ? desk.fill(message, { ...named, n: count.failed }) : "";
      notice.hidden = notice.textContent === "";
    };
    const timer = setTimeout(() => { if (!count.come) tell(); }, SLOW_MS);
    return {
      come: () => {
        count.come += 1;
        if (!notice.hidden) tell();
      },
      failed: () => {
        count.failed += 1;
        tell();
      },
      end: () => {
        clearTimeout(timer);
        notice.hidden = true;
        notice.textContent = "";
      },
    };
  }

  // What must be said of a base map wherever the map goes.
  desk.creditOf = (base, text) =>
    [desk.fill(text.base_credit, { credit: base.credit || base.name }), base.review && desk.fill(text.base_review, { number: base.review })]
      .filter(Boolean)
      .join("　");

  function noteOf(base, text) {
    const notes = [
      base.inside
        ? desk.fill(text.base_inside, { from: base.minZoom, to: base.maxZoom })
        : desk.fill(text.base_needs, { host: base.hosts.join(", ") }),
    ];
    if (base.gcj02) notes.push(text.base_moved);
    return notes.join(" ");
  }

  // The choice of a base map, and what follows from it; null where the page has none to choose.
  desk.baseMaps = (map, city, kept) => {
    const { bases, text } = city;
    if (!bases.length) return null;
    const Layer = makeLayer();
    const layers = bases.map((base, number) =>
      L.layerGroup((base.inside ? [""] : base.addresses).map((address) => new Layer(base, number, address))),
    );
    const notice = desk.el("div", { class: "desk-base-notice", role: "status", hidden: "" });
    const credit = desk.el("div", { class: "desk-record desk-base-credit", hidden: "" });
    const strips = [["bottomleft", notice], ["bottomright", credit]].map(([position, node]) => {
      const strip = L.control({ position });
      strip.onAdd = () => node;
      return strip.addTo(map);
    });
    const note = desk.el("p", { class: "desk-note", id: "desk-base-note" });
    let watch = null;
    const end = () => {
      if (watch) watch.end();
      watch = null;
      layers.forEach((layer) => layer.remove().eachLayer((part) => part.off("tileload tileerror")));
    };
    const choose = (number) => {
      end();
      kept.base = number;
      const base = bases[number];
      note.textContent = base ? noteOf(base, text) : text.base_own_note;
      document.querySelectorAll(".desk-base-credit").forEach((node) => {
        node.textContent = base ? desk.creditOf(base, text) : "";
        node.hidden = !base;
      });
      if (!base) return;
      if (!base.inside) {
        watch = watching(notice, base, text);
        layers[number].eachLayer((part) => part.on({ tileload: watch.come, tileerror: watch.failed }));
      }
      layers[number].addTo(map);
    };
    const opening = kept.base === undefined ? bases.findIndex((base) => base.shown) : kept.base;
    const rows = [-1, ...bases.keys()].map((number) => {
      const radio = desk.el("input", { type: "radio", name: "desk-base", "data-base": number, "aria-describedby": "desk-base-note" });
      radio.checked = number === opening;
      radio.addEventListener("change", () => choose(number));
      const label = number < 0 ? text.base_own : bases[number].name;
      return desk.el("label", { class: "desk-row" }, radio, desk.el("span", { class: "desk-name" }, label));
    });
    const section = desk.el("section", { id: "desk-base", role: "radiogroup", "aria-label": text.base }, desk.el("h2", {}, text.base), ...rows, note);
    return {
      section,
      start: () => choose(opening),
      end: () => {
        end();
        strips.forEach((strip) => strip.remove());
      },
    };
  };
})();

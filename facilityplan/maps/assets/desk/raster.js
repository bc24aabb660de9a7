// The population grid below all other layers: classes of persons by cell, drawn pixel by pixel.
"use strict";

(() => {
  const TILE = 256;
  const STEP = 16;
  // Greys leave every hue to the verdicts and differ in lightness alone.
  const GREYS = ["#eceef1", "#dcdfe4", "#c7ccd4", "#b0b7c2", "#97a0ae", "#7e8898", "#657082"];

  const rgba = (colour) => {
    const [r, g, b] = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
    return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
  };

  // The darkest grey is the last class's, however few classes there are.
  desk.rasterColours = ({ bounds }) => GREYS.slice(GREYS.length - bounds.length - 1);

  // The class of the cell under a place; 0 where nobody lives and beyond the grid.
  desk.rasterClass = ({ classes, columns, rows, toCell }, lon, lat) => {
    const [column, row] = desk.project(toCell, lon, lat).map(Math.floor);
    return column < 0 || row < 0 || column >= columns || row >= rows ? 0 : classes[row * columns + column];
  };

  desk.RasterLayer = L.GridLayer.extend({
    initialize(raster, options) {
      L.setOptions(this, { tileSize: TILE, keepBuffer: 1, updateWhenZooming: false, ...options });
      this._raster = raster;
      this._colours = Uint32Array.from([0, ...desk.rasterColours(raster).map(rgba)]);
    },

    // Cells are found at every sixteenth pixel, and between those along straight lines.
    createTile(coords) {
      const tile = document.createElement("canvas");
      tile.width = TILE;
      tile.height = TILE;
      const { classes, columns, rows, toCell } = this._raster;
      const side = TILE / STEP + 1;
      const nodes = new Float64Array(2 * side * side);
      const scale = TILE * 2 ** coords.z;
      for (let row = 0; row < side; row += 1) {
        const y = (coords.y * TILE + row * STEP) / scale;
        const lat = (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI;
        for (let column = 0; column < side; column += 1) {
          const lon = ((coords.x * TILE + column * STEP) / scale) * 360 - 180;
          nodes.set(desk.project(toCell, lon, lat), 2 * (row * side + column));
        }
      }
      const reached = (at, most) => {
        let [low, high] = [Infinity, -Infinity];
        for (let node = at; node < nodes.length; node += 2) {
          low = Math.min(low, nodes[node]);
          high = Math.max(high, nodes[node]);
        }
        return high >= 0 && low < most;
      };
      if (!reached(0, columns) || !reached(1, rows)) return tile;
      const pen = tile.getContext("2d");
      const image = pen.createImageData(TILE, TILE);
      const pixels = new Uint32Array(image.data.buffer);
      for (let py = 0; py < TILE; py += 1) {
        const down = (py % STEP + 0.5) / STEP;
        for (let px = 0; px < TILE; px += 1) {
          const across = (px % STEP + 0.5) / STEP;
          const a = 2 * (Math.floor(py / STEP) * side + Math.floor(px / STEP));
          const b = a + 2 * side;
          const mix = (n) => (nodes[a + n] * (1 - across) + nodes[a + 2 + n] * across) * (1 - down) + (nodes[b + n] * (1 - across) + nodes[b + 2 + n] * across) * down;
          const column = Math.floor(mix(0));
          const row = Math.floor(mix(1));
          if (column < 0 || row < 0 || column >= columns || row >= rows) continue;
          pixels[py * TILE + px] = this._colours[classes[row * columns + column]];
        }
      }
      pen.putImageData(image, 0, 0);
      return tile;
    },
  });

  const size = (metres) => desk.figure(metres, metres < 10 ? 1 : 0);

  // The bounds of the classes, the densest first; what a cell is and where it comes from.
  desk.rasterLegend = (raster, { text }) => {
    const colours = desk.rasterColours(raster);
    const { bounds, cell, block, file } = raster;
    const name = (at) => {
      if (!bounds.length) return desk.fill(text.raster_to, { to: desk.figure(raster.most, 3) });
      if (at === 0) return desk.fill(text.raster_to, { to: desk.figure(bounds[0], 6) });
      if (at === bounds.length) return desk.fill(text.raster_beyond, { from: desk.figure(bounds[at - 1], 6), most: desk.figure(raster.most, 1) });
      return desk.fill(text.raster_between, { from: desk.figure(bounds[at - 1], 6), to: desk.figure(bounds[at], 6) });
    };
    const rows = colours.map((colour, at) =>
      desk.el("div", { class: "desk-row", "data-class": at + 1 },
        desk.svg("svg", { width: 18, height: 18, viewBox: "0 0 20 20", "aria-hidden": "true" },
          desk.svg("rect", { x: 2, y: 4, width: 16, height: 12, fill: colour, stroke: "#8a9099", "stroke-width": 0.8 })),
        desk.el("span", { class: "desk-name" }, name(at)))).reverse();
    const what = desk.fill(block > 1 ? text.raster_block : text.raster_cell, { width: size(cell[0]), height: size(cell[1]), n: block });
    return [
      desk.el("h2", {}, text.raster, desk.el("small", {}, text.raster_unit)),
      ...rows,
      desk.el("p", { class: "desk-note" }, what),
      desk.el("p", { class: "desk-note" }, desk.fill(text.raster_file, { file })),
    ];
  };

  // The layer's entry in the switch, and its legend, which is there while the layer is.
  desk.rasterEntry = (map, city) => {
    const { raster, text } = city;
    if (!raster) return null;
    const layer = new desk.RasterLayer(raster, { pane: "desk-raster" });
    const legend = desk.el("section", { class: "desk-signs", id: "desk-raster-legend", hidden: "" }, ...desk.rasterLegend(raster, city));
    layer.on("add", () => { legend.hidden = false; });
    layer.on("remove", () => { legend.hidden = true; });
    const darkest = desk.rasterColours(raster).slice(-3)[0];
    const swatch = desk.svg("svg", { width: 18, height: 18, viewBox: "0 0 20 20", "aria-hidden": "true" },
      desk.svg("path", { d: "M2 2H10V10H2ZM10 10H18V18H10Z", fill: darkest }),
      desk.svg("path", { d: "M10 2H18V10H10ZM2 10H10V18H2Z", fill: GREYS[0] }));
    return { legend, entry: { key: "raster", label: text.raster, swatch, layer, on: false } };
  };
})();

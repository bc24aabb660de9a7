// Colours and signs. Verdicts differ in hue for colour-blind eyes as well, what is missed is ruled
// one way and what cannot be judged hatched the other, so that no verdict depends on hue alone.
"use strict";

(() => {
  const [COMPLIANT, NON_COMPLIANT, INSUFFICIENT, NOT_APPLICABLE] = [0, 1, 2, 3];
  const [ROBUST, FRAGILE, STAGED] = [4, 5, 6];

  desk.COLOURS = {
    [COMPLIANT]: { line: "#2166ac", fill: "#67a9cf" },
    [NON_COMPLIANT]: { line: "#8f2a00", fill: "#e8601c", rule: "#8f2a00" },
    [INSUFFICIENT]: { line: "#5b4a00", fill: "#f6e8a6", hatch: "#7a6400" },
    [NOT_APPLICABLE]: { line: "#8a9099", fill: "#d5d9de" },
    [ROBUST]: { line: "#4d5560", fill: "#b9c0c8" },
    [STAGED]: { line: "#7a0f6c", fill: "#e6b0dd" },
    [FRAGILE]: { line: "#5e1a78", fill: "#b06fd0" },
    [desk.NO_FINDING]: { line: "#aab0b8", fill: "#f4f5f6" },
  };
  // Bands from near to far and shortfalls from none to all, lighter to darker for any eye.
  const NEAR_TO_FAR = ["#fde725", "#90d743", "#35b779", "#21918c", "#31688e", "#443983", "#440154"];
  NEAR_TO_FAR.forEach((fill, at) => { desk.COLOURS[10 + at] = { line: "#3b3b4a", fill }; });
  ["#67a9cf", "#fdd49e", "#fc8d59", "#d7301f", "#7f0000"].forEach((fill, at) => {
    desk.COLOURS[20 + at] = { line: "#5b1a0a", fill };
    // shares of areas that comply, from all of it down
    desk.COLOURS[30 + at] = { line: "#5b1a0a", fill };
  });
  desk.PLAN_COLOUR = "#9b1b8a";
  const FACILITY_COLOUR = "#12564a";
  const CLOSED_COLOUR = "#868e96";

  // A canvas pattern of slanting lines; canvas takes it wherever it takes a colour.
  function slanting(fill, ink, size, width, up) {
    const tile = document.createElement("canvas");
    tile.width = size;
    tile.height = size;
    const pen = tile.getContext("2d");
    pen.fillStyle = fill;
    pen.fillRect(0, 0, size, size);
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    for (const offset of [-size, 0, size]) {
      pen.moveTo(offset, up ? size : 0);
      pen.lineTo(offset + size, up ? 0 : size);
    }
    pen.stroke();
    return pen.createPattern(tile, "repeat");
  }

  // Patterns by verdict: dense and upward where it cannot be judged, sparse and downward where missed.
  desk.hatches = () => {
    const [missed, doubt] = [desk.COLOURS[NON_COMPLIANT], desk.COLOURS[INSUFFICIENT]];
    return {
      [NON_COMPLIANT]: slanting(missed.fill, missed.rule, 12, 0.9, false),
      [INSUFFICIENT]: slanting(doubt.fill, doubt.hatch, 6, 1.2, true),
    };
  };

  // How a residence or zone of a verdict is drawn.
  desk.verdictStyle = (verdict, hatch) => {
    const { line, fill } = desk.COLOURS[verdict];
    const style = { color: line, weight: 1, dashArray: null, fillColor: fill, fillOpacity: 0.9 };
    if (verdict === INSUFFICIENT) return { ...style, fillColor: hatch[verdict], fillOpacity: 1 };
    if (verdict === NON_COMPLIANT) return { ...style, weight: 1.5, fillColor: hatch[verdict] };
    if (verdict === FRAGILE || verdict === STAGED) return { ...style, weight: 1.5 };
    if (verdict === desk.NO_FINDING) return { ...style, dashArray: "2 2", fillOpacity: 0.6 };
    return style;
  };

  // Seen from far an estate is a speck: its outline takes the colour of the verdict and grows.
  desk.speckStyle = (verdict, hatch) => {
    const style = desk.verdictStyle(verdict, hatch);
    const colour = verdict === INSUFFICIENT ? hatch[verdict] : desk.COLOURS[verdict].fill;
    return { ...style, color: colour, fillColor: colour, weight: 3, dashArray: null };
  };

  const picture = (size, ...children) =>
    desk.svg("svg", { width: size, height: size, viewBox: "0 0 20 20", "aria-hidden": "true" }, ...children);

  // How strongly areas are filled, on the map and in the legend.
  desk.AREA_OPACITY = 0.4;

  desk.verdictSwatch = (verdict, opacity = 1) => {
    const { line, fill, hatch, rule } = desk.COLOURS[verdict];
    const dashed = verdict === desk.NO_FINDING ? "3 2" : null;
    const box = { x: 2, y: 4, width: 16, height: 12, fill, "fill-opacity": opacity, stroke: line, "stroke-width": 1.5, "stroke-dasharray": dashed };
    const stripes = hatch
      ? [desk.svg("path", { d: "M2 10L8 4M2 16L14 4M8 16L18 6M14 16L18 12", stroke: hatch, "stroke-width": 1.3, fill: "none" })]
      : [];
    if (rule) stripes.push(desk.svg("path", { d: "M2 11L7 16M4 4L16 16M13 4L18 9", stroke: rule, "stroke-width": 1, fill: "none" }));
    return picture(18, desk.svg("rect", box), ...stripes);
  };

  // The outline says what tier a facility is of, the filling what state it is in.
  const OUTLINES = {
    community: () => desk.svg("circle", { cx: 10, cy: 10, r: 7.5 }),
    institution: () => desk.svg("rect", { x: 3, y: 3, width: 14, height: 14, rx: 2 }),
    other: () => desk.svg("path", { d: "M10 2L18 10L10 18L2 10Z" }),
    unknown: () => desk.svg("path", { d: "M10 2L18 17L2 17Z" }),
  };
  const INNER = {
    operating: (ink) => desk.svg("path", { d: "M10 6.5V13.5M6.5 10H13.5", stroke: ink, "stroke-width": 2 }),
    planned: (ink) => desk.svg("circle", { cx: 10, cy: 10, r: 2.2, fill: ink }),
    closed: (ink) => desk.svg("path", { d: "M7 7L13 13M13 7L7 13", stroke: ink, "stroke-width": 1.8 }),
    unknown: (ink) => desk.svg("text", { x: 10, y: 14, "text-anchor": "middle", "font-size": 11, "font-weight": "bold", fill: ink }, "?"),
  };

  desk.facilitySign = (tier, status, size = 20) => {
    const state = status in INNER ? status : "unknown";
    const colour = state === "closed" ? CLOSED_COLOUR : FACILITY_COLOUR;
    const solid = state === "operating";
    const outline = (OUTLINES[tier] || OUTLINES.unknown)();
    outline.setAttribute("fill", solid ? colour : "#ffffff");
    outline.setAttribute("stroke", solid ? "#ffffff" : colour);
    outline.setAttribute("stroke-width", solid ? 1 : 1.8);
    if (state === "planned") outline.setAttribute("stroke-dasharray", "3 1.6");
    return picture(size, outline, INNER[state](solid ? "#ffffff" : colour));
  };

  desk.siteSign = (label, size = 30) =>
    desk.svg(
      "svg",
      { width: size, height: size * 1.25, viewBox: "0 0 24 30", "aria-hidden": "true" },
      desk.svg("path", {
        d: "M12 29C12 29 22.5 17.5 22.5 11.2A10.5 10.5 0 1 0 1.5 11.2C1.5 17.5 12 29 12 29Z",
        fill: desk.PLAN_COLOUR, stroke: "#ffffff", "stroke-width": 1.5,
      }),
      desk.svg("text", { x: 12, y: 15.2, "text-anchor": "middle", "font-size": 11, "font-weight": "bold", fill: "#ffffff" }, label),
    );

  desk.unreachableSign = (size = 22) =>
    picture(
      size,
      desk.svg("circle", { cx: 10, cy: 10, r: 8, fill: "#ffffff", "fill-opacity": 0.85, stroke: "#b00020", "stroke-width": 2 }),
      desk.svg("path", { d: "M10 5V11.5M10 13.5V15.5", stroke: "#b00020", "stroke-width": 2.2 }),
    );

  desk.candidateSwatch = () =>
    picture(18, desk.svg("circle", { cx: 10, cy: 10, r: 4, fill: "#ffffff", stroke: desk.PLAN_COLOUR, "stroke-width": 1.6 }));

  // A line as it is drawn on the map.
  desk.lineSwatch = ({ color, weight, dashArray }) =>
    picture(18, desk.svg("path", { d: "M1 10H19", stroke: color, "stroke-width": Math.min(weight + 1, 5), "stroke-dasharray": dashArray, fill: "none" }));

  desk.areaSwatch = (colour, opacity) =>
    picture(18, desk.svg("circle", { cx: 10, cy: 10, r: 8, fill: colour, "fill-opacity": opacity, stroke: colour }));

  desk.northArrow = (letter) =>
    desk.svg(
      "svg",
      { width: 34, height: 46, viewBox: "0 0 34 46", role: "img", "aria-label": letter },
      desk.svg("text", { x: 17, y: 12, "text-anchor": "middle", "font-size": 12, "font-weight": "bold", fill: "#343a40" }, letter),
      desk.svg("path", { d: "M17 15L26 43L17 37Z", fill: "#343a40" }),
      desk.svg("path", { d: "M17 15L8 43L17 37Z", fill: "#ffffff", stroke: "#343a40" }),
    );
})();

// The panel: what the map is, what its colours mean, and what can be switched.
"use strict";

(() => {
  // The panel in sheets, one tab each; the first holds what the map shows.
  desk.panelOf = (city, parts, extras) => {
    const { text } = city;
    const sheets = [{ key: "map", label: text.tab_map, nodes: parts }, ...extras.filter((extra) => extra.sheet).map((extra) => extra.sheet)];
    const bodies = sheets.map(({ key, label, nodes }, at) =>
      desk.el("div", { id: `desk-sheet-${key}`, role: "tabpanel", "aria-label": label, hidden: at ? "" : null }, ...nodes),
    );
    const tabs = sheets.map(({ key, label }, at) =>
      desk.el("button", { type: "button", role: "tab", id: `desk-tab-${key}`, "aria-selected": String(at === 0), "aria-controls": `desk-sheet-${key}` }, label),
    );
    tabs.forEach((tab, at) => {
      tab.addEventListener("click", () => {
        tabs.forEach((other, n) => {
          other.setAttribute("aria-selected", String(n === at));
          bodies[n].hidden = n !== at;
          if (n !== at && sheets[n].closed) sheets[n].closed();
        });
        if (sheets[at].opened) sheets[at].opened();
      });
    });
    desk.tabKeys(tabs);
    const bar = desk.el("div", { class: "desk-tabs", role: "tablist", "aria-label": text.tools }, ...tabs);
    const heads = extras.flatMap((extra) => extra.head || []);
    return [desk.headOf(city), ...heads, sheets.length > 1 ? bar : null, ...bodies].filter(Boolean);
  };

  const section = (heading, ...children) =>
    desk.el("section", {}, desk.el("h2", {}, heading), ...children);

  const signSection = (heading, ...children) => {
    const made = section(heading, ...children);
    made.classList.add("desk-signs");
    return made;
  };

  desk.headOf = ({ head, text }) =>
    desk.el(
      "header",
      {},
      desk.el("h1", {}, head.title),
      desk.el("p", {}, `${head.name}　${desk.fill(text.as_of, { date: head.asOf })}`),
    );

  // What a map that is handed on must say: place and date, system, secrecy, review number.
  desk.record = ({ head, text }) =>
    desk.el(
      "div",
      { class: "desk-record" },
      desk.el("span", {}, `${head.name}　${head.asOf}`),
      desk.el("span", {}, desk.fill(text.crs, { crs: head.crs, name: head.crsName })),
      desk.el("span", { class: "desk-internal" }, text.internal),
      desk.el("label", {}, `${text.review_number} `, desk.el("input", { type: "text", id: "desk-review", autocomplete: "off" })),
      desk.el("span", {}, text.attribution),
    );

  // A select over labels, in groups where they have one; calls back with the position chosen.
  desk.select = (id, label, options, onChange) => {
    const select = desk.el("select", { id, "aria-label": label });
    const groups = new Map();
    options.forEach((option, position) => {
      const entry = desk.el("option", { value: position }, option.label);
      if (!option.group) {
        select.append(entry);
        return;
      }
      if (!groups.has(option.group)) {
        groups.set(option.group, desk.el("optgroup", { label: option.group }));
        select.append(groups.get(option.group));
      }
      groups.get(option.group).append(entry);
    });
    select.addEventListener("change", () => onChange(Number(select.value)));
    return select;
  };

  const row = (swatch, label, figure, attributes = {}) =>
    desk.el(
      "div",
      { class: "desk-row", ...attributes },
      swatch,
      desk.el("span", { class: "desk-name" }, label),
      desk.el("span", { class: "desk-count" }, figure),
    );

  // Counts of the classes that the map shows now.
  desk.legendOf = (classes, scheme, { text }) => {
    const { unitKind, names = {}, title = text.legend } = scheme;
    const always = scheme.shown || desk.VERDICTS;
    const counts = new Map();
    for (const own of classes) counts.set(own, (counts.get(own) || 0) + 1);
    const rows = [...always, desk.NO_FINDING]
      .filter((own) => counts.has(own) || always.includes(own))
      .map((own) => {
        const label = own === desk.NO_FINDING ? text.no_finding : names[own] || text.verdicts[own];
        return row(desk.verdictSwatch(own, scheme.opacity), label, desk.figure(counts.get(own) || 0), { "data-verdict": own });
      });
    const total = desk.fill(text[`legend_unit_${unitKind}`], { n: desk.figure(classes.length) });
    return [desk.el("h2", {}, title, desk.el("small", {}, total)), ...rows];
  };

  desk.facilityLegend = ({ facilities, text }, filter) => {
    const tiers = ["community", "institution", "other", "unknown"];
    const statuses = [...Object.keys(text.statuses), "unknown"];
    const tierOf = (facility) => (facility.kind ? facility.kind.tier : "unknown");
    const stateOf = (facility) => facility.status || "unknown";
    const rows = [
      ...tiers.map((tier) => {
        const n = facilities.filter((facility) => tierOf(facility) === tier).length;
        return n && row(desk.facilitySign(tier, "operating", 18), text[`tier_${tier}`], desk.figure(n));
      }),
      ...statuses.map((state) => {
        const n = facilities.filter((facility) => stateOf(facility) === state).length;
        const name = text.statuses[state] || text.status_unknown;
        return n && row(desk.facilitySign("community", state, 18), name, desk.figure(n));
      }),
    ];
    const pairs = desk.el("div", { class: "desk-pairs" }, ...rows.filter(Boolean));
    return filter ? signSection(text.facilities, pairs, filter) : signSection(text.facilities, pairs);
  };

  // Checkboxes; each entry has a label, a swatch, whether it is on, and what to do.
  desk.layerSwitch = (entries, { text }) =>
    section(
      text.layers,
      ...entries.map((entry) => {
        const box = desk.el("input", { type: "checkbox", "data-layer": entry.key });
        box.checked = entry.on;
        box.addEventListener("change", () => entry.toggle(box.checked));
        entry.named = desk.el("span", { class: "desk-name" }, entry.label);
        return desk.el("label", { class: "desk-row" }, box, entry.swatch, entry.named);
      }),
    );

  desk.planLabel = (plan, { proposal, text }) => {
    const named = text[`plan_${plan.problem}`] || text.plan_mclp;
    return desk.fill(named, { n: plan.count, weight: text[proposal.weight].toLowerCase() });
  };

  // What a plan amounts to, in three lines.
  desk.planSummary = (plan, { proposal, text }) => {
    const notes = [];
    if (plan) {
      const units = plan.sites.reduce((sum, site) => sum + site.serves.length, 0);
      const households = plan.sites.reduce((sum, site) => sum + (site.households[0] || 0), 0);
      const unknown = plan.sites.reduce((sum, site) => sum + site.households[1], 0);
      notes.push(
        desk.fill(text.plan_serves, { units: desk.figure(units), households: unknown === units ? text.unknown : desk.figure(households) }),
        plan.optimal ? text.proven : text.not_proven,
      );
    }
    notes.push(
      desk.fill(text.plan_gaps, {
        gaps: desk.figure(proposal.gaps),
        unreachable: desk.figure(proposal.unreachable.length),
        undecided: desk.figure(proposal.undecided),
      }),
    );
    if (proposal.generated) notes.push(text.plan_generated);
    return notes.map((note) => desk.el("p", { class: "desk-note" }, note));
  };

  desk.planSection = (select, stages, summary, { text }) => section(text.plan, select, stages, summary);

  // The picker, and under it what the clause picked says.
  desk.schemeSection = (select, colours, { text }) => {
    const said = desk.el("div", { id: "desk-scheme-quote" });
    colours.watch.push(({ scheme: { clause } }) => {
      const quote = clause && desk.el("blockquote", { class: "desk-quote desk-short", tabindex: "0" }, clause.quote, desk.el("cite", {}, desk.fill(text.source, clause)));
      said.replaceChildren(...[quote].filter(Boolean));
    });
    return section(text.title_scheme, select, said);
  };

  desk.elsewhere = ({ elsewhere, text }, popup) => {
    if (!elsewhere.length) return null;
    const items = elsewhere.map((finding) =>
      desk.el("div", {}, desk.el("h3", {}, finding.name), desk.findingTable([finding], popup)),
    );
    const heading = desk.fill(text.elsewhere, { n: elsewhere.length });
    return desk.el("details", {}, desk.el("summary", {}, heading), ...items);
  };

  // The button that folds the panel away; the map then takes its room.
  desk.foldButton = (map, { text }) => {
    const button = desk.el("button", { type: "button", class: "desk-fold", "aria-label": text.fold, "aria-expanded": "true", title: text.fold }, "«");
    button.addEventListener("click", () => {
      const folded = document.body.classList.toggle("desk-folded");
      button.textContent = folded ? "»" : "«";
      button.title = folded ? text.unfold : text.fold;
      button.setAttribute("aria-expanded", String(!folded));
      map.invalidateSize({ pan: false });
    });
    return button;
  };
})();

// The signs of the what-if that can be dragged, or moved by the arrow keys while one has the
// focus: facilities, proposed sites and what was added.
"use strict";

(() => {
  const STEP_M = 10;
  const STEPS = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  const ADDED = { className: "desk-sign desk-site desk-added", iconSize: [30, 37], iconAnchor: [15, 36] };
  // Metres to the millimetre.
  desk.round3 = (value) => Math.round(value * 1000) / 1000;
  const { round3 } = desk;

  // The metres by which a key moves what has the focus; ten times as many with Shift.
  const stepOf = ({ key, shiftKey }) =>
    (STEPS[key] ? STEPS[key].map((part) => part * STEP_M * (shiftKey ? 10 : 1)) : null);

  // What a sign that is let go, or moved by a key, tells the place it stands for.
  function handlersOf(sign, place, metres, dragged, update) {
    const dragend = () => {
      const [x, y] = metres(sign.getLatLng());
      place.to({ x, y });
      update();
    };
    const keydown = ({ originalEvent: event }) => {
      const step = stepOf(event);
      if (!step) return;
      event.preventDefault();
      event.stopPropagation();
      const { x, y } = place.at();
      place.to({ x: round3(x + step[0]), y: round3(y + step[1]) });
      update();
    };
    return { dragend, keydown, ...(place.key ? { drag: () => dragged(place.key, sign.getLatLng()) } : {}) };
  }

  // Where the things that can be moved stand now, and how they are put elsewhere.
  const placesOf = (held, adopted, adopt) => ({
    facility: (row) => ({
      key: `f${row}`,
      at: () => held.state.moved.get(row) || held.model.base[row],
      to: (spot) => held.state.moved.set(row, spot),
    }),
    added: (item) => ({ key: `+${item.id}`, at: () => item, to: (spot) => Object.assign(item, spot) }),
    // a proposed site that is moved is built where it is put
    site: (site) => ({
      key: null,
      at: () => adopted(site) || site,
      to: (spot) => (adopted(site) ? Object.assign(adopted(site), spot) : adopt(site, spot)),
    }),
  });

  // Where facilities are on tiles, one gets a sign of its own when it is to be moved.
  desk.movableSigns = (world, held, update, adopt) => {
    const { map, city, popup, entries } = world;
    const entry = entries.find(({ key }) => key === "facilities");
    const tiles = entry && !entry.layer.signs ? entry.layer : null;
    const signs = new Map(entry && entry.layer.signs ? entry.layer.signs.map((sign, row) => [row, sign]) : []);
    const own = new Set(signs.keys());
    const extra = L.layerGroup();
    const lifted = L.layerGroup();
    const metres = ({ lat, lng }) => desk.project(city.whatif.projection.toMetres, lng, lat).map(round3);
    const degrees = ({ x, y }) => desk.project(city.whatif.projection.toDegrees, x, y).reverse();
    const list = entries.find(({ key }) => key === "sites");
    const pins = () => (list ? list.layer.getLayers().flatMap((group) => group.getLayers()) : []);
    const adopted = ({ id }) => held.state.added.find((item) => item.candidate === id);
    const place = placesOf(held, adopted, adopt);
    const heard = new Map();
    let on = false;
    const movable = (sign, of) => {
      const handlers = handlersOf(sign, of, metres, (key, latlng) => desk.dragAreas(world, key, latlng), update);
      heard.set(sign, handlers);
      sign.on(handlers);
    };
    const hide = () => {
      if (tiles) tiles.filter((row) => world.shows(row) && (!on || !(signs.has(row) || held.state.removed.has(row))));
    };
    const lift = (row) => {
      if (signs.has(row)) return;
      const sign = desk.facilityMarker(city.facilities[row], popup);
      sign.options.draggable = true;
      signs.set(row, sign);
      movable(sign, place.facility(row));
      sign.addTo(lifted);
      hide();
    };
    const showAdded = () => {
      const focused = extra.getLayers().find((sign) => sign.getElement() === document.activeElement);
      const kept = focused && focused.options.item;
      extra.clearLayers();
      held.state.added.forEach((item) => {
        const icon = L.divIcon({ html: desk.siteSign("+"), ...ADDED });
        const sign = L.marker(degrees(item), { icon, pane: "desk-signs", title: item.name, draggable: true, zIndexOffset: 1500, item: item.id });
        movable(sign, place.added(item));
        sign.addTo(extra);
        if (item.id === kept) sign.getElement().focus({ preventScroll: true });
      });
    };
    const show = () => {
      if (!on) return;
      if (tiles) for (const row of held.state.moved.keys()) lift(row);
      signs.forEach((sign, row) => {
        const spot = held.state.moved.get(row);
        sign.setLatLng(spot ? degrees(spot) : city.facilities[row].at);
        sign.setOpacity(held.state.removed.has(row) ? 0.25 : 1);
      });
      hide();
      pins().forEach((pin) => {
        pin.setLatLng(pin.options.site.at);
        pin.setOpacity(adopted(pin.options.site) ? 0.25 : 1);
      });
      showAdded();
    };
    const open = (wanted) => {
      if (on === wanted) return;
      on = wanted;
      const all = [
        ...[...own].map((row) => [signs.get(row), place.facility(row)]),
        ...pins().map((pin) => [pin, place.site(pin.options.site)]),
      ];
      all.forEach(([sign, of]) => {
        // one not on the map now may come back to it while the sheet is open
        sign.options.draggable = on;
        if (on && sign.getElement()) sign.dragging.enable();
        else if (sign.dragging) sign.dragging.disable();
        if (on) movable(sign, of);
        else sign.off(heard.get(sign)).setOpacity(1);
      });
      [extra, lifted].forEach((group) => (on ? group.addTo(map) : group.remove()));
      if (on) show();
      else {
        own.forEach((row) => signs.get(row).setLatLng(city.facilities[row].at));
        hide();
      }
    };
    const focus = (wanted) => {
      const found = extra.getLayers().find((sign) => sign.options.item === wanted);
      if (found) found.getElement().focus({ preventScroll: true });
    };
    const focusFacility = (row) => signs.get(row).getElement().focus();
    const canMove = (row) => on && Boolean(signs.has(row) && signs.get(row).getElement());
    const canLift = (row) => tiles !== null && !signs.has(row);
    return { open, show, lift, canLift, metres, degrees, focus, focusFacility, canMove, end: () => open(false) };
  };
})();

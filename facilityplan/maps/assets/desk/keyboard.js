// What a mouse does, keys do too: Enter sets a point in the middle of the map, tabs answer arrows,
// and a popup takes the focus and gives it back.
"use strict";

(() => {
  desk.EXTRAS.push(({ map, city }) => {
    const container = map.getContainer();
    container.setAttribute("role", "application");
    container.setAttribute("aria-label", city.text.map_region);
    document.getElementById("desk-panel").setAttribute("aria-label", city.head.title);

    // Enter on the map itself is a click in its middle, for the tools that wait for one.
    const keys = (event) => {
      if (event.key === "Escape") map.closePopup();
      if (event.target !== container || event.key !== "Enter") return;
      event.preventDefault();
      map.fire("click", { latlng: map.getCenter(), containerPoint: map.getSize().divideBy(2), byKey: true });
    };
    container.addEventListener("keydown", keys);

    let before = null;
    const opened = ({ popup }) => {
      const node = popup.getElement();
      const close = node.querySelector(".leaflet-popup-close-button");
      if (close) close.setAttribute("aria-label", city.text.close);
      const card = node.querySelector(".desk-card");
      const { activeElement } = document;
      if (!node.contains(activeElement)) before = activeElement;
      if (!card) return;
      card.tabIndex = -1;
      card.setAttribute("role", "dialog");
      card.setAttribute("aria-label", card.querySelector("h2").textContent);
      card.focus({ preventScroll: true });
    };
    // what is taken off the page leaves the focus on the page itself
    const closed = () => {
      const { activeElement } = document;
      const lost = !activeElement || activeElement === document.body || activeElement.closest(".leaflet-popup");
      if (lost && before && before.isConnected) before.focus({ preventScroll: true });
    };
    map.on({ popupopen: opened, popupclose: closed });

    return {
      end: () => {
        container.removeEventListener("keydown", keys);
        map.off({ popupopen: opened, popupclose: closed });
      },
    };
  });

  // Left and right go from tab to tab.
  desk.tabKeys = (tabs) => {
    tabs.forEach((tab, at) => {
      tab.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        const next = tabs[(at + step + tabs.length) % tabs.length];
        next.focus();
        next.click();
      });
    });
  };
})();

"""The city: all its layers in one projected system, and how to read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import geopandas as gpd

from facilityplan.errors import MissingLayerError


@dataclass(frozen=True)
class ReachOptions:
    """How reach is measured where a document leaves it open; every result states it.

    Parameters
    ----------
    point
        ``inner_point`` (the entrances given for a residence, else a point inside it),
        ``nearest_boundary`` or ``farthest_point``.
    barriers
        Whether a straight line across a feature of the barriers layer does not count.
    barrier_opening_m
        Width of the opening to either side of a walkable road that crosses a barrier.
    facilities_outside
        Whether facilities outside all zones of the highest level count.
    """

    point: str = "inner_point"
    barriers: bool = False
    barrier_opening_m: float = 50.0
    facilities_outside: bool = True


@dataclass(frozen=True)
class City:
    """All layers of one place, in one projected coordinate system, and how to read them.

    Parameters
    ----------
    name
        What reports call the place.
    crs
        Projected coordinate system of every frame, in metres.
    as_of
        The judging date; nothing here ever asks for today's.
    layers
        Conformed frames by layer name. A layer that the project does not have is not a key.
    facilities_complete
        Whether the facilities layer may be taken as complete: a residence without premises then
        has 0 square metres; otherwise there is insufficient data.
    positional_accuracy_m
        Accuracy of the coordinates; a margin smaller than this is flagged fragile.
    sources
        File behind each layer, for the evidence.
    named_areas
        Zone ids by the name of an area that a clause speaks of (``central_city``).
    readings
        Readings chosen against the default, ``{"ZZ04b": {"floor_200": "procured_only"}}``.
    snap_limit_m
        A point farther from every road is off the network.
    reach
        How reach is measured.
    """

    name: str
    crs: str
    as_of: dt.date
    layers: Mapping[str, gpd.GeoDataFrame]
    horizon: int | None = None
    facilities_complete: bool = True
    positional_accuracy_m: float = 1.0
    sources: Mapping[str, str] = field(default_factory=dict)
    named_areas: Mapping[str, Collection[str]] = field(default_factory=dict)
    readings: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    snap_limit_m: float = 500.0
    reach: ReachOptions = ReachOptions()

    def has(self, layer: str) -> bool:
        """Return whether the project has that layer."""
        return layer in self.layers

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer's frame.

        Raises
        ------
        MissingLayerError
            If the project does not have it.
        """
        if name not in self.layers:
            raise MissingLayerError("layer_not_in_project", layer=name)
        return self.layers[name]

    @property
    def zones(self) -> gpd.GeoDataFrame:
        """Zones, one row each."""
        return self.layer("zones")

    @property
    def residences(self) -> gpd.GeoDataFrame:
        """Residences (estates and village settlements), one row each."""
        return self.layer("residences")

    @property
    def facilities(self) -> gpd.GeoDataFrame:
        """Facilities, one row each."""
        return self.layer("facilities")

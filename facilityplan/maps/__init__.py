"""Interactive maps: one HTML file that opens without a network, and shows every verdict's proof.

folium builds the page; its assets come from :mod:`facilityplan.maps.assets` instead of the
internet. No text of the user's ever becomes markup or script: it travels as JSON and is put into
the page as text.
"""

from facilityplan.maps.base_maps import BaseMap
from facilityplan.maps.city_map import CityMap, city_map
from facilityplan.maps.offline import OfflineFigure

__all__ = ["BaseMap", "CityMap", "OfflineFigure", "city_map"]

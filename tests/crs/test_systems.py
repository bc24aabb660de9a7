import pytest
from pyproj import CRS

from facilityplan import crs
from facilityplan.errors import (
    CrsError,
    GeographicCrsError,
    MissingCrsError,
    WebMercatorError,
)

MERCATOR_WKT = CRS.from_epsg(3857).to_wkt("WKT1_ESRI")


@pytest.mark.parametrize("given", ["EPSG:4547", 4526, CRS.from_epsg(4513), "EPSG:32628", 3826])
def test_metres_are_taken(given):
    assert crs.require_metres(given).is_projected


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (None, MissingCrsError),
        ("EPSG:4326", GeographicCrsError),
        (4490, GeographicCrsError),
        ("OGC:CRS84", GeographicCrsError),
        ("EPSG:4979", GeographicCrsError),
        (3857, WebMercatorError),
        ("EPSG:3857", WebMercatorError),
        ("EPSG:900913", WebMercatorError),
        (" epsg:3785", WebMercatorError),
        (3785, WebMercatorError),
        ("ESRI:102100", WebMercatorError),
        ("ESRI:102113", WebMercatorError),
        (3395, WebMercatorError),
        (3832, WebMercatorError),
        ("ESRI:54004", WebMercatorError),
        ("+proj=merc +a=6378137 +b=6378137 +units=m", WebMercatorError),
        ("+proj=webmerc +datum=WGS84", WebMercatorError),
        (MERCATOR_WKT, WebMercatorError),
        ("EPSG:2225", CrsError),
        ("+proj=tmerc +lon_0=114 +x_0=500000 +datum=WGS84 +units=km", CrsError),
        ("EPSG:4978", CrsError),
        ('LOCAL_CS["city",UNIT["metre",1]]', CrsError),
        ("EPSG:99999", CrsError),
        ("nonsense", CrsError),
        ("", CrsError),
    ],
)
def test_anything_else_is_refused_by_its_reason(given, kind):
    with pytest.raises(kind) as caught:
        crs.require_metres(given, layer="roads", file="a.shp")
    assert type(caught.value) is kind
    for lang in ("zh", "en"):
        said = caught.value.render(lang)
        assert "a.shp" in said
        assert "roads" in said


def test_heights_do_not_matter():
    compound = CRS.from_user_input("EPSG:32649+5773")
    assert crs.require_metres(compound).to_epsg() == 32649

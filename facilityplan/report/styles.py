"""How QGIS shows the layers of a GeoPackage: QML with symbols by verdict and names of the fields.

Verdicts differ in shape as well as in colour, and the colours are told apart by those who do not
see red from green.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

from facilityplan import locale
from facilityplan.checks import Verdict
from facilityplan.scenario import Standing

QGIS_VERSION: Final = "3.22.0"
"""The version whose XML this is; later ones read it."""

_POINT, _LINE, _POLYGON = "marker", "line", "fill"
_GEOMETRY_TYPE: Final = {_POINT: "0", _LINE: "1", _POLYGON: "2"}
_CLASSES: Final = {_POINT: "SimpleMarker", _LINE: "SimpleLine", _POLYGON: "SimpleFill"}


@dataclass(frozen=True)
class _Symbol:
    """A symbol: marker, line or fill, its colours as ``r,g,b,a``, a marker's shape and size in mm."""

    form: str
    color: str
    outline: str = "255,255,255,255"
    shape: str = "circle"
    size_mm: float = 2.6
    line_mm: float = 0.2


_VERDICTS: Final[Mapping[str, _Symbol]] = {
    Verdict.COMPLIANT.value: _Symbol(_POINT, "44,123,182,255"),
    Verdict.NON_COMPLIANT.value: _Symbol(_POINT, "215,25,28,255", shape="diamond", size_mm=3.4),
    Verdict.INSUFFICIENT_DATA.value: _Symbol(
        _POINT, "253,174,97,255", "120,70,0,255", shape="triangle", size_mm=3.2
    ),
    "": _Symbol(_POINT, "190,190,190,255"),
}

_SINGLE: Final[Mapping[str, _Symbol]] = {
    "facilities": _Symbol(_POINT, "35,35,35,255", shape="square", size_mm=3.0),
    "service_areas": _Symbol(_POLYGON, "44,123,182,30", "44,123,182,160"),
    "walking_areas": _Symbol(_POLYGON, "53,151,143,60", "53,151,143,200"),
    "walking_streets": _Symbol(_LINE, "1,102,94,255", line_mm=0.5),
    "zones": _Symbol(_POLYGON, "0,0,0,0", "90,90,90,255", line_mm=0.4),
    "gaps": _Symbol(_POINT, "0,0,0,0", "215,25,28,255", size_mm=5.0, line_mm=0.6),
    "accessibility": _Symbol(_POINT, "94,60,153,120", "94,60,153,255", size_mm=2.0),
    "proposed_sites": _Symbol(_POINT, "123,50,148,255", shape="star", size_mm=5.0),
}

_STANDINGS: Final[Mapping[str, _Symbol]] = {
    Standing.ROBUST.value: _Symbol(_POINT, "90,90,90,255"),
    Standing.FRAGILE.value: _Symbol(_POINT, "123,50,148,255", shape="diamond", size_mm=3.4),
    Standing.UNDECIDED.value: _Symbol(
        _POINT, "253,174,97,255", "120,70,0,255", shape="triangle", size_mm=3.2
    ),
}


@dataclass(frozen=True)
class _Categories:
    """The field whose words choose a symbol, and where in the catalogue the words are said."""

    field: str
    symbols: Mapping[str, _Symbol]
    said: str


_CATEGORIZED: Final[Mapping[str, _Categories]] = {
    "residences": _Categories("verdict", _VERDICTS, "verdict"),
    "sensitivity": _Categories("standing", _STANDINGS, "sensitivity.standing"),
}


def layer_qml(layer: str, fields: Sequence[str], lang: str | None = None) -> str:
    """Return the QML of a layer.

    Parameters
    ----------
    layer
        Name of the layer.
    fields
        Its fields, in their order; each has a name in the catalogue (``report.field``).
    lang
        Language of labels and field names.
    """
    root = ET.Element(
        "qgis", version=QGIS_VERSION, styleCategories="LayerConfiguration|Symbology|Fields"
    )
    if layer in _CATEGORIZED:
        form = _POINT
        root.append(_categorized(_CATEGORIZED[layer], lang))
    else:
        form = _SINGLE[layer].form
        renderer = ET.SubElement(root, "renderer-v2", type="singleSymbol", forceraster="0")
        symbols = ET.SubElement(renderer, "symbols")
        symbols.append(_symbol("0", _SINGLE[layer]))
    aliases = ET.SubElement(root, "aliases")
    # Field 0 is the row's own number, which GeoPackage adds.
    for index, name in enumerate(fields, start=1):
        said = locale.text(f"report.field.{name}", lang)
        ET.SubElement(aliases, "alias", index=str(index), field=name, name=said)
    ET.SubElement(root, "layerGeometryType").text = _GEOMETRY_TYPE[form]
    return ET.tostring(root, encoding="unicode")


def _categorized(chosen: _Categories, lang: str | None) -> ET.Element:
    renderer = ET.Element(
        "renderer-v2",
        type="categorizedSymbol",
        attr=chosen.field,
        forceraster="0",
        symbollevels="0",
    )
    categories = ET.SubElement(renderer, "categories")
    symbols = ET.SubElement(renderer, "symbols")
    for index, (value, symbol) in enumerate(chosen.symbols.items()):
        label = f"{chosen.said}.{value}" if value else "report.no_verdict"
        ET.SubElement(
            categories,
            "category",
            value=value,
            symbol=str(index),
            label=locale.text(label, lang),
            render="true",
        )
        symbols.append(_symbol(str(index), symbol))
    return renderer


def _symbol(name: str, symbol: _Symbol) -> ET.Element:
    element = ET.Element("symbol", type=symbol.form, name=name, alpha="1", clip_to_extent="1")
    layer = ET.SubElement(
        element, "layer", {"class": _CLASSES[symbol.form]}, enabled="1", locked="0"
    )
    if symbol.form == _LINE:
        settings = {
            "line_color": symbol.color,
            "line_style": "solid",
            "line_width": str(symbol.line_mm),
            "line_width_unit": "MM",
        }
    else:
        settings = {
            "color": symbol.color,
            "outline_color": symbol.outline,
            "outline_style": "solid",
            "outline_width": str(symbol.line_mm),
            "outline_width_unit": "MM",
        }
    if symbol.form == _POINT:
        settings |= {"name": symbol.shape, "size": str(symbol.size_mm), "size_unit": "MM"}
    elif symbol.form == _POLYGON:
        settings["style"] = "solid"
    options = ET.SubElement(layer, "Option", type="Map")
    for key, value in sorted(settings.items()):
        ET.SubElement(options, "Option", type="QString", name=key, value=value)
    return element

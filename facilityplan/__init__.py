"""Elder-care facilities of a city: near enough, large enough, many enough, and where next.

>>> import facilityplan as fp
>>> city = fp.open_project("data/sample_city")  # doctest: +SKIP
>>> city.findings()  # doctest: +SKIP

Everything is imported when it is first asked for, so that the command line answers at once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facilityplan import crs, network, siting, standards
    from facilityplan.errors import FacilityPlanError
    from facilityplan.project import Project, open_project

__version__ = "0.1.0"

_ORIGIN = {
    "FacilityPlanError": "facilityplan.errors",
    "Project": "facilityplan.project",
    "open_project": "facilityplan.project",
}
_MODULES = ("crs", "network", "siting", "standards")

__all__ = [
    "FacilityPlanError",
    "Project",
    "crs",
    "network",
    "open_project",
    "siting",
    "standards",
]


def __getattr__(name: str) -> Any:
    if name in _ORIGIN:
        return getattr(importlib.import_module(_ORIGIN[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"facilityplan.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)

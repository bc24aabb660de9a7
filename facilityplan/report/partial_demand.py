"""What coverage says of estimated demand and of population grids, as plain values for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facilityplan.checks import Context
from facilityplan.checks.demand_split import DemandSplit, estimated_rate
from facilityplan.checks.radius_coverage import RadiusCoverage
from facilityplan.checks.raster_coverage import RasterCoverage


def partial_demand(
    coverage: RadiusCoverage,
    context: Context,
    splits: Mapping[str, DemandSplit],
    raster: RasterCoverage | None,
) -> dict[str, Any]:
    """Return the parts of the coverage document that only some projects have."""
    estimates = {name: _estimate(split, coverage, context) for name, split in splits.items()}
    return {
        **({"estimated": estimates} if estimates else {}),
        **({} if raster is None else {"raster": _raster(raster)}),
    }


def split_head(split: DemandSplit) -> dict[str, Any]:
    """Return how an estimate was made and that its sums agree."""
    sums = split.conservation
    return {
        "column": split.column,
        "basis": split.basis,
        "method": split.method,
        "levels": split.levels,
        "sums": {
            "zones": sums.zones,
            "own": sums.own,
            "assigned": sums.assigned,
            "unassigned": sums.unassigned,
            "relative_error": sums.relative_error,
        },
    }


def _estimate(split: DemandSplit, coverage: RadiusCoverage, context: Context) -> dict[str, Any]:
    ids, names = context.cells("zones", "id"), context.cells("residences", "id")
    found = split.split
    rates = [(item, estimated_rate(split, item.rows, item.near)) for item in coverage.rates]
    return {
        **split_head(split),
        "zones": [
            {
                "zone": ids[zone],
                "status": found.status[at].value,
                "count": split.counts[at],
                "own": found.own[at],
                "assigned": found.assigned[at],
                "unassigned": found.unassigned[at],
            }
            for at, zone in enumerate(split.zones)
        ],
        "residences": {
            names[row]: found.value[row] for row in found.estimated.nonzero()[0].tolist()
        },
        "outside": split.outside,
        "rates": [
            {
                "metric": item.metric.value,
                "clause": item.clause_id,
                "covered": rate.covered,
                "total": rate.total,
                "share": rate.share,
                "unknown": rate.unknown,
            }
            for item, rate in rates
        ],
    }


def _raster(raster: RasterCoverage) -> dict[str, Any]:
    sums = raster.sums
    return {
        "file": raster.grid.file,
        "unit": raster.grid.unit.value,
        "metric": raster.metric.value,
        "rates": [
            {
                "clause": item.clause_id,
                "radius_m": item.radius_m,
                "zone": item.zone,
                "within": item.within,
                "total": item.total,
                "share": item.share,
            }
            for item in raster.rates
        ],
        "sums": {
            "total": sums.total,
            "inside_zones": sums.inside,
            "outside_zones": sums.outside,
            "by_level": dict(sums.zones),
            "relative_error": sums.relative_error,
        },
    }

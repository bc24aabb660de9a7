"""Two runs of one place held against each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from facilityplan.errors import UsageError
from facilityplan.scenario.difference.causes import causes_of
from facilityplan.scenario.difference.circumstances import circumstances, pairs
from facilityplan.scenario.difference.coverage import (
    by_households,
    coverage_changes,
    deciding,
    is_covered,
)
from facilityplan.scenario.difference.facilities import facility_changes
from facilityplan.scenario.difference.record import RunRecord
from facilityplan.scenario.difference.regions import region_table
from facilityplan.scenario.difference.verdicts import clause_table, verdict_changes

FORMAT: Final = 1

_RATES: Final = ("units", "households", "persons", "elders", "land")


def difference(a: RunRecord, b: RunRecord) -> dict[str, Any]:
    """Return all that differs between two runs of one place, as plain values for JSON.

    Parameters
    ----------
    a, b
        The earlier and the later run.

    Returns
    -------
    dict
        Ids and figures, no prose. Pairs are ``[before, after]``; lists have the biggest change
        first. ``same_results`` where neither data, verdicts nor rates differ, and ``identical``
        where the circumstances are the same too.

    Raises
    ------
    UsageError
        If the runs are of different places or in different coordinate systems.
    """
    _refuse_strangers(a, b)
    found = circumstances(a, b)
    causes = causes_of(found)
    coverage = coverage_changes(a, b, causes)
    turned = verdict_changes(a, b, causes)
    clauses = clause_table(a, b, turned)
    facilities = facility_changes(a, b, coverage["newly_covered"], coverage["lost"])
    residences = _residences(a, b)
    zones = _zones(a, b)
    rates = _rates(a, b)
    results = (
        *(coverage["newly_covered"], coverage["lost"], *coverage["on_foot"].values()),
        *(turned, facilities, *residences.values(), *zones.values()),
        [row for row in clauses if row["moved"] or row["only_before"] or row["only_after"]],
        [row for row in rates if row["before"] != row["after"]],
    )
    same = not any(results)
    return {
        "format": FORMAT,
        "project": b.project,
        "runs": [_head(run) for run in (a, b)],
        "identical": same and not any(found.values()),
        "same_results": same,
        "circumstances": found,
        "rates": rates,
        "coverage": coverage,
        "facilities": facilities,
        "residences": residences,
        "zones": zones,
        "clauses": clauses,
        "verdicts": turned,
        "regions": region_table(a, b, coverage, turned),
    }


def _refuse_strangers(a: RunRecord, b: RunRecord) -> None:
    if a.project != b.project:
        raise UsageError("diff_other_place", a=a.project, b=b.project)
    if a.crs != b.crs:
        raise UsageError("diff_other_crs", a=a.crs, b=b.crs)


def _head(run: RunRecord) -> dict[str, Any]:
    return {
        "folder": run.name,
        "as_of": run.as_of,
        "version": run.manifest["versions"]["facilityplan"],
        "standards": sorted(run.manifest["standards"]),
        "scenario": run.manifest.get("scenario") is not None,
    }


def _rates(a: RunRecord, b: RunRecord) -> list[dict[str, Any]]:
    """Return the rates of coverage of both runs, by metric and clause; all clauses first."""
    one, two = ({(row["metric"], row["clause"] or ""): row for row in run.rates} for run in (a, b))
    return [
        {
            "metric": metric,
            "clause_id": clause or None,
            "before": _rate(one.get((metric, clause))),
            "after": _rate(two.get((metric, clause))),
        }
        for metric, clause in sorted({*one, *two}, key=lambda key: (key[1], key[0]))
    ]


def _rate(row: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {name: row[name] for name in (*_RATES, "undecided")}


def _residences(a: RunRecord, b: RunRecord) -> dict[str, list[dict[str, Any]]]:
    """Return the residences that only one run has, and those whose own figures or place differ."""
    one, two = a.rows["residences"], b.rows["residences"]
    return {
        "appeared": by_households([_unit(b, name) for name in two.keys() - one.keys()]),
        "gone": by_households([_unit(a, name) for name in one.keys() - two.keys()]),
        "changed": [
            {"id": name, "name": two[name].get("name"), "fields": pairs(one[name], two[name])}
            for name in sorted(one.keys() & two.keys())
            if one[name] != two[name]
        ],
    }


def _unit(run: RunRecord, name: str) -> dict[str, Any]:
    row = run.rows["residences"][name]
    item = deciding(run.of_residences["service_radius"].get(name, ()))
    kept: Sequence[str] = ("name", "town", "county", "households", "elders")
    return {"id": name, **{key: row.get(key) for key in kept}, "covered": is_covered(item)}


def _zones(a: RunRecord, b: RunRecord) -> dict[str, list[dict[str, Any]]]:
    one, two = a.rows["zones"], b.rows["zones"]
    return {
        "appeared": [_zone(two, name) for name in sorted(two.keys() - one.keys())],
        "gone": [_zone(one, name) for name in sorted(one.keys() - two.keys())],
        "changed": [
            {"id": name, "name": two[name]["name"], "fields": pairs(one[name], two[name])}
            for name in sorted(one.keys() & two.keys())
            if one[name] != two[name]
        ],
    }


def _zone(rows: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    return {"id": name, "name": rows[name]["name"], "level": rows[name]["level"]}

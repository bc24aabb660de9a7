"""The page's what-if in node, held against the program's own checks."""

import json
import random
from collections import Counter

import numpy as np
import pytest
from desk_script import run

from facilityplan.checks import Context, Verdict, beds, floor_area, service_radius
from facilityplan.maps.packing import Pack
from facilityplan.scenario.file import apply_scenario, confirm, read_scenario
from facilityplan.standards import kinds

PARTS = ("unpack", "shapes", "data", "reach", "model", "scenario", "whatif")
ORDER = [Verdict.COMPLIANT, Verdict.NON_COMPLIANT, Verdict.INSUFFICIENT_DATA]

BODY = """
    const packed = desk.unpack(JSON.stringify(input.lean), input.pack);
    const city = desk.read(packed, "zh", desk.readShapes(packed));
    const geometry = { holders: desk.holders(city.shapes.residences, city.residences.id, city.zones) };
    const model = new desk.Model(city.whatif, city.residences, geometry);
    return input.scenarios.map((file) => {
        const state = desk.readScenario(file, { city });
        desk.applyState(model, state);
        const figures = model.figures(city.zones.length);
        const counts = [...figures.radius, ...figures.floor].map(({ clause, verdict, doubt }) =>
            [clause, [0, 1, 2].map((n) => verdict.filter((own) => own === n).length + (n === 2 && doubt ? doubt.length : 0))]);
        return {
            file: desk.scenarioFile(state, { city }, figures),
            counts,
            whole: figures.whole,
            zones: figures.zones,
            floor: figures.floor.flatMap(({ rows, verdict }) => rows.map((row, at) => [row, verdict[at]])),
            beds: figures.beds.map(({ clause, zone, verdict }) => [clause, zone, verdict]),
        };
    });
"""


def random_scenario(city, rules, spots, chance):
    """Return a scenario of changes of every sort in a random mixture.

    About half of the places lie at estates; a facility may be moved, resized and removed at once.
    """
    ids = city.facilities["id"].tolist()
    inner = city.residences.geometry.representative_point()
    west, south, east, north = city.residences.total_bounds

    def place():
        if chance.random() < 0.5:
            spot = inner.iloc[chance.randrange(len(inner))]
            x, y = spot.x + chance.gauss(0, 150), spot.y + chance.gauss(0, 150)
        else:
            x, y = chance.uniform(west, east), chance.uniform(south, north)
        return {"x": round(x, 3), "y": round(y, 3)}

    def some(most):
        return chance.sample(ids, chance.randint(0, min(most, len(ids))))

    def size():
        return {
            "floor_area_m2": chance.choice([None, 0, 200, 350.25, 1234.5]),
            "beds": chance.choice([None, 0, 7, 77]),
        }

    counted = [name for name in sorted({kind for rule in rules for kind in rule["kinds"]}) if name]

    def kind():
        return chance.choice(counted if counted and chance.random() < 0.7 else sorted(kinds()))

    def new(n):
        return {"id": f"new-{n}", "name": f"新 {n}", "kind": kind(), **place(), "candidate": None}

    proposed = chance.sample(spots, chance.randint(0, min(4, len(spots))))
    added = [new(n) for n in range(chance.randrange(4))]
    for n, spot in enumerate(proposed):
        at = {"x": spot["x"], "y": spot["y"], "candidate": spot["id"]}
        added.append({"id": f"on-{n}", "name": spot["name"], "kind": kind(), **at})
    return {
        "format": "facilityplan-scenario",
        "version": 1,
        "project": city.name,
        "crs": city.crs,
        "as_of": city.as_of.isoformat(),
        "moved": [{"id": name, **place()} for name in some(5)],
        "removed": some(4),
        "resized": [{"id": name, **size()} for name in some(4)],
        "added": [{**item, **size()} for item in added],
        "limits": {
            rule["clause"]: chance.choice([0, 300, 500, 650.5, 1200])
            for rule in rules
            if chance.random() < 0.3
        },
    }


def parity(project, name, seeds, tmp_path):
    """Hold the page against the program on the scenarios of some seeds; return what the page said.

    The page goes from each scenario to the next, as a user would who changes his mind.
    """
    desk = project.map()._children["desk"].desk
    rules, plans = desk["whatif"]["rules"], (desk["proposal"] or {"plans": []})["plans"]
    spots = [site for plan in plans for site in plan["sites"]]
    scenarios = [
        random_scenario(project.city, rules, spots, random.Random(f"{name} {seed}"))
        for seed in seeds
    ]
    nothing = {"moved": [], "removed": [], "resized": [], "added": [], "limits": {}}
    start = {**scenarios[0], **nothing}
    pages = pages_of(project, [start, *scenarios, start])
    assert pages[0] == pages[-1]
    for seed, page in zip(["start", *seeds], pages, strict=False):
        try:
            hold_against(project, page, tmp_path)
        except AssertionError as error:
            error.add_note(f"{name}, seed {seed}")
            raise
    return pages


def hold_against(project, page, tmp_path):
    """Compare all figures of the page with those of the program's own checks."""
    path = tmp_path / "scenario.json"
    path.write_text(json.dumps(page["file"]), encoding="utf-8")
    scenario = read_scenario(path)
    city, held = apply_scenario(project.city, project.standards, scenario)
    context = Context(city, held, project.network)
    radius = service_radius.evaluate(context)
    areas = floor_area.evaluate(context)
    for claim in confirm(city, radius, scenario):
        assert claim.holds, (claim.clause, claim.missing, claim.surplus, claim.claimed.households)
    counted = Counter((item.clause_id, item.verdict) for item in radius)
    for clause, counts in page["counts"]:
        if clause in {item.clause_id for item in radius}:
            assert counts == [counted[clause, verdict] for verdict in ORDER]
    ids = city.residences["id"].tolist()
    said = {ids[row]: ORDER[verdict] for row, verdict in page["floor"]}
    assert said == {item.unit_id: item.verdict for item in areas if item.required is not None}
    check_zones(context, city, radius, page)
    names = city.zones["id"].tolist()
    judged = {(item.clause_id, item.unit_id): item.verdict for item in beds.evaluate(context)}
    for clause, zone, verdict in page["beds"]:
        assert judged[clause, names[zone]] is ORDER[verdict]


def check_zones(context, city, radius, page):
    households = np.nan_to_num(city.residences["households"].to_numpy(dtype=float))
    row_of = {name: row for row, name in enumerate(city.residences["id"])}
    chain = context.zone_chain()
    found = np.zeros((len(city.zones) + 1, 4))
    for item in radius:
        row = row_of[item.unit_id]
        near = item.verdict is Verdict.COMPLIANT
        walk = item.evidence.get("walking_within") is True
        n = households[row]
        found[[*chain[row], -1]] += [1, n, n * near, n * walk]
    keys = ("units", "households", "householdsNear", "householdsOnFoot")
    for zone, said in zip(found, [*page["zones"], page["whole"]], strict=True):
        assert [said[key] for key in keys] == zone.tolist()
    operating = (city.facilities["status"] == "operating").to_numpy()
    for zone, said in enumerate(page["zones"]):
        rows = [row for row in context.facilities_within([zone]) if operating[row]]
        own = city.facilities.iloc[rows]
        assert said["beds"] == own["beds"].sum()
        assert said["floorArea"] == pytest.approx(own["floor_area_m2"].sum())


def packed_page(project):
    """Return what the page of a project holds: its data and what is packed of them."""
    shown = project.map()._children["desk"]
    pack = Pack()
    return pack.lean(shown.desk), pack.compressed()


def pages_of(project, scenarios):
    lean, pack = packed_page(project)
    return run(BODY, {"lean": lean, "pack": pack, "scenarios": scenarios}, *PARTS)

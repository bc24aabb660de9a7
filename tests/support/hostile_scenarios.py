"""Scenario files that nobody's map saved, by what is wrong with them."""

import copy
import json
from types import SimpleNamespace


def place(item, **changes):
    return {**item, **changes}


def hostile_scenarios(good):
    """Return the text of files by name, and of those that a reader of JSON alone takes which part.

    Parameters
    ----------
    good
        A scenario that is taken, with one row at least in each list and one radius.
    """
    moved, removed, resized, added = (
        good[key][0] for key in ("moved", "removed", "resized", "added")
    )
    (clause, limit), *_ = good["limits"].items()
    script = "<img src=x onerror=alert(1)>"

    def put(key, value):
        return json.dumps({**copy.deepcopy(good), key: value}, ensure_ascii=True)

    whole = json.dumps(good)
    return {
        "empty": "",
        "not json": "id,x,y\n1,2,3\n",
        "html": f"<html>{script}</html>",
        "null": "null",
        "a list": "[1, 2]",
        "a number": "7",
        "cut short": whole[: len(whole) // 2],
        "deep": "[" * 200_000 + "]" * 200_000,
        "a number of 5000 digits": put("version", 1).replace(": 1,", ": " + "9" * 5000 + ",", 1),
        "another format": put("format", script),
        "another version": put("version", 2),
        "another system": put("crs", "EPSG:4326"),
        "the system an object": put("crs", {"toString": 1}),
        "moved a text": put("moved", script),
        "moved an object": put("moved", {"__proto__": [1], "length": 1}),
        "moved without y": put("moved", [{"id": moved["id"], "x": 1.0}]),
        "moved null": put("moved", None),
        "moved a list of null": put("moved", [None]),
        "id a list": put("moved", [place(moved, id=["a"])]),
        "id an object": put("moved", [place(moved, id={"a": 1})]),
        "x a text": put("moved", [place(moved, x="1e3")]),
        "x true": put("moved", [place(moved, x=True)]),
        "x NaN": put("moved", [place(moved, x=float("nan"))]),
        "x infinite": put("moved", [place(moved, x=float("inf"))]),
        "x 1e999": put("moved", [place(moved, x=0.25)]).replace("0.25", "1e999"),
        "x of 400 digits": put("moved", [place(moved, x=0.25)]).replace("0.25", "9" * 400),
        "x 1e300": put("moved", [place(moved, x=1e300)]),
        "degrees for metres": put("moved", [place(moved, x=113.6, y=34.7)]),
        "x and y swapped": put("moved", [place(moved, x=moved["y"], y=moved["x"])]),
        "moved twice": put("moved", [moved, moved]),
        "unknown moved": put("moved", [place(moved, id=script)]),
        "unknown removed": put("removed", ["__proto__"]),
        "removed a number": put("removed", [7]),
        "unknown resized": put("resized", [place(resized, id="constructor")]),
        "negative area": put("resized", [place(resized, floor_area_m2=-1)]),
        "area 1e308": put("resized", [place(resized, floor_area_m2=1e308)]),
        "beds a text": put("resized", [place(resized, beds="=1+1")]),
        "beds negative": put("added", [place(added, beds=-0.5)]),
        "an unknown kind": put("added", [place(added, kind=script)]),
        "kind a list": put("added", [place(added, kind=["day_care"])]),
        "name a number": put("added", [place(added, name=7)]),
        "name of 10 MB": put("added", [place(added, name="长" * 3_500_000)]),
        "half a character": put("added", [place(added, name="a\ud800b")]),
        "a control character": put("added", [place(added, name="a\x00b")]),
        "added twice": put("added", [added, added]),
        "added one that is there": put("added", [place(added, id=removed)]),
        "added 6000": put("added", [place(added, id=f"n{n}") for n in range(6000)]),
        "limits a list": put("limits", [limit]),
        "limit null": put("limits", {clause: None}),
        "limit negative": put("limits", {clause: -1}),
        "limit 1e9": put("limits", {clause: 1e9}),
        "limit of no clause": put("limits", {"__proto__": 5}),
        "10 MB of unknown facilities": put("removed", [f"{n:02000}" for n in range(5000)]),
    }


# What only the command line reads: the page works its claims out by itself.
def hostile_claims(good):
    clause = next(iter(good["claims"]))
    own = good["claims"][clause]

    def put(value):
        return json.dumps({**copy.deepcopy(good), "claims": {clause: value}})

    return {
        "claims null": put(None),
        "covered a text": put({**own, "covered": "all"}),
        "covered of objects": put({**own, "covered": [{}]}),
        "households a text": put({**own, "households": "1"}),
        "households NaN": put({**own, "households": float("nan")}),
        "households missing": put({"covered": own["covered"]}),
    }


def good_scenario(city, clause):
    """Return a scenario that a city takes: each sort of change once."""
    ids = city.facilities["id"].tolist()
    spot = city.facilities.geometry.iloc[0]
    here = SimpleNamespace(x=round(spot.x + 100.0, 3), y=round(spot.y, 3))
    return {
        "format": "facilityplan-scenario",
        "version": 1,
        "project": city.name,
        "crs": city.crs,
        "as_of": city.as_of.isoformat(),
        "moved": [{"id": ids[0], "x": here.x, "y": here.y}],
        "removed": [ids[1]],
        "resized": [{"id": ids[2], "floor_area_m2": 300, "beds": None}],
        "added": [
            {
                "id": "new-1",
                "name": "新设施",
                "kind": "day_care",
                "x": here.x,
                "y": here.y,
                "floor_area_m2": 0,
                "beds": 0,
                "candidate": None,
            }
        ],
        "limits": {clause: 650.5},
        "claims": {clause: {"covered": [], "households": 0, "on_foot_households": 0}},
    }

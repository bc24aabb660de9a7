"""The marks of robust and fragile verdicts, bit by bit."""

from facilityplan.maps.methods import UNDECIDED, method_marks, methods
from facilityplan.scenario import Reason, Sensitivity, SensitivityOptions, Variant


def found(standing, turned_by, reasons):
    table = {
        "clause_id": ["R"],
        "id": ["e"],
        "standing": [standing],
        "turned_by": [turned_by],
        "reasons": [reasons],
    }
    ways = tuple(Variant)
    return Sensitivity(SensitivityOptions(), ways, table, {}, {}, 1, 0, 0, (), ())


def test_marks():
    assert method_marks(found("robust", [], [])) == {("R", "e"): 0}
    assert method_marks(found("undecided", [], [])) == {("R", "e"): UNDECIDED}
    ways, reasons = ["walking", "node_snap"], ["barrier"]
    mark = method_marks(found("fragile", ways, reasons))["R", "e"]
    # walking is the second way, node_snap the ninth, a barrier the third reason.
    assert mark == 2**1 + 2**8 + 2 ** (9 + 2)


def test_a_mark_names_what_it_stands_for():
    words = methods(found("robust", [], []), "en")
    assert len(words["ways"]) == len(Variant)
    assert len(words["reasons"]) == len(Reason)
    assert words["ways"][1] == "walking distance"
    assert words["reasons"][2] == "a barrier lies across the straight line"
    # Bits of one mark fit the 31 that JavaScript tells apart.
    assert len(Variant) + len(Reason) < 31

"""Two documents side by side: Zhengzhou and Xuchang as the acceptance has it, and the rules."""

import pytest

from facilityplan import standards
from facilityplan.standards.comparison import Relation, compare, implied_per_1000

ZZ, XC = "zhengzhou-2018-34", "xuchang-2022-33"


def row_of(found, clause_id):
    (row,) = [row for row in found.rows if clause_id in {c.id for c in (*row.a, *row.b)}]
    return row


def differing(row):
    return {item.name: (item.a, item.b) for item in row.differences}


@pytest.fixture(scope="module")
def both():
    return compare(standards.load(ZZ), standards.load(XC))


def test_land_per_head(both):
    row = row_of(both, "ZZ01")
    assert [clause.id for clause in row.b] == ["XC01"]
    assert differing(row)["value"] == (0.1, 0.2)
    assert row.relation is Relation.B_STRICTER


def test_the_least_size_and_the_radius_are_zhengzhous_alone(both):
    for clause_id, value in (("ZZ04b", 200), ("ZZ05a", 500), ("ZZ05b", 1000)):
        row = row_of(both, clause_id)
        assert (row.relation, row.b) == (Relation.ONLY_A, ())
        assert row.a[-1].value == value


def test_beds_in_all_against_beds_per_1000(both):
    row = row_of(both, "ZZ10")
    assert [clause.id for clause in row.b] == ["XC09"]
    assert row.relation is Relation.INCOMPARABLE
    assert differing(row)["value"] == (40, 33800)
    assert [item.name for item in row.differences if item.blocks] == ["unit"]
    base, target = row.implied
    assert (round(base.value, 2), base.year, base.at_most) == (28.86, 2020, False)
    assert (target.value, target.year, target.at_most) == (33.8, 2025, True)


def test_nursing_beds_of_all_beds_against_those_of_institutions(both):
    row = row_of(both, "ZZ17a")
    assert [clause.id for clause in row.b] == ["XC10a", "XC10b"]
    assert row.relation is Relation.INCOMPARABLE
    assert differing(row)["value"] == (0.4, 0.55)
    assert differing(row)["basis_beds"] == ("all", "institutional")


def test_street_centres(both):
    row = row_of(both, "ZZ07")
    assert [clause.id for clause in row.b] == ["XC06a"]
    said = differing(row)
    assert said["min_beds"] == (70, 50)
    assert said["target_year"] == (2020, 2022)
    assert said["modality"] == ("target", "advisory")
    assert row.relation is Relation.A_STRICTER


def test_30_and_20_square_metres_are_the_same(both):
    assert row_of(both, "ZZ02a").relation is Relation.SAME
    assert row_of(both, "ZZ04a").relation is Relation.SAME


def test_a_share_of_new_towns_is_no_share_of_all_towns(both):
    row = row_of(both, "ZZ14a")
    assert [clause.id for clause in row.b] == ["XC08"]
    assert row.relation is Relation.INCOMPARABLE
    assert [item.name for item in row.differences if item.blocks] == ["scope_area"]


def test_no_clause_is_lost_and_none_stands_twice(both):
    for side, text, document in (("a", both.text_a, both.a), ("b", both.text_b, both.b)):
        told = [clause.id for row in both.rows for clause in getattr(row, side)]
        assert sorted([*told, *text]) == sorted(clause.id for clause in document.clauses)


@pytest.mark.parametrize("other", sorted(set(standards.document_files()) - {ZZ}))
def test_the_other_way_round_says_the_same(other):
    turned = {
        Relation.A_STRICTER: Relation.B_STRICTER,
        Relation.B_STRICTER: Relation.A_STRICTER,
        Relation.ONLY_A: Relation.ONLY_B,
        Relation.ONLY_B: Relation.ONLY_A,
    }
    ours, theirs = standards.load(ZZ), standards.load(other)

    def told(found, first, second):
        return {
            (
                tuple(c.id for c in getattr(row, first)),
                tuple(c.id for c in getattr(row, second)),
                row.relation if first == "a" else turned.get(row.relation, row.relation),
            )
            for row in found.rows
        }

    assert told(compare(ours, theirs), "a", "b") == told(compare(theirs, ours), "b", "a")


@pytest.mark.parametrize("name", standards.document_files())
def test_a_document_is_as_strict_as_itself(name):
    document = standards.load(name)
    found = compare(document, document)
    assert {row.relation for row in found.rows} <= {Relation.SAME, Relation.WITHOUT_NUMBER}
    assert all(row.differences == () for row in found.rows)


def clause(**changes):
    return standards.load(ZZ).clause("ZZ01").model_copy(update=changes)


def document(*clauses):
    return standards.load(ZZ).model_copy(update={"clauses": clauses})


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"value": 1.0}, {"value": 1.0}, Relation.SAME),
        ({"value": 2.0}, {"value": 1.0}, Relation.A_STRICTER),
        (
            {"value": 2.0, "comparator": standards.Comparator.AT_MOST},
            {"value": 1.0, "comparator": standards.Comparator.AT_MOST},
            Relation.B_STRICTER,
        ),
        (
            {"value": 1.0, "comparator": standards.Comparator.MORE_THAN},
            {"value": 1.0},
            Relation.A_STRICTER,
        ),
        (
            {"value": 1.0, "comparator": standards.Comparator.AT_MOST},
            {"value": 1.0},
            Relation.INCOMPARABLE,
        ),
        ({"value": None, "comparator": None}, {"value": 1.0}, Relation.WITHOUT_NUMBER),
    ],
)
def test_which_is_stricter(a, b, expected):
    (row,) = compare(document(clause(**a)), document(clause(**b))).rows
    assert row.relation is expected


def test_more_beds_in_fewer_homes_is_not_stricter():
    homes = standards.load(ZZ).clause("ZZ07")
    few = homes.model_copy(update={"parameters": {"min_beds": 100}})
    many = homes.model_copy(update={"value": 2.0})
    (row,) = compare(document(few), document(many)).rows
    assert row.relation is Relation.INCOMPARABLE


def test_a_total_without_a_count_of_elders_implies_nothing():
    total = standards.load(XC).clause("XC09")
    assert implied_per_1000(document(total), total) == ()

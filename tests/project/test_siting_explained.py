"""What a proposal says of its sites, each sum redone by hand on a city of five residences.

R1 to R3 stand 400 m apart with 100, 200 and 300 households, R4 (400) and R5 (500) far off. F1
has 200 square metres for R1 and is too far for all. An existing estate needs 20 square metres per
100 households and at least 200, so each needs 200; R1 has them.
"""

import itertools
import math

import pytest
from campaign import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from facilityplan.checks import assess
from facilityplan.errors import UsageError
from facilityplan.project import open_project
from facilityplan.siting import Options, propose
from facilityplan.standards import load, resolve

SITES = """\
[layers.candidates]
path = "sites.csv"
x = "东"
y = "北"
crs = "EPSG:4547"
columns = { id = "编号", name = "名称", max_floor_area_m2 = "可用面积", available_from = "可用年份" }
"""
CSV = """\
编号,名称,可用面积,可用年份,东,北
C1,老礼堂,400,,500400,3800000
C2,空地,199.9,,503000,3800300
C3,荒地,,,505900,3800000
C4,边上,,2031,500500,3800000
"""


@pytest.fixture
def proposed(make):
    def find(*swaps, sites=CSV, **contents):
        more = "" if sites is None else SITES
        given_files = {} if sites is None else {"sites__csv": sites}
        folder = make(*swaps, more=more, **given_files, **contents)
        return open_project(folder).propose().proposal

    return find


def test_fewest_sites(proposed):
    found = proposed(("as_of", "horizon = 2030\nas_of"))
    assert found.gaps == ("R1", "R2", "R3", "R4", "R5")
    assert found.unreachable == ("R5",), "no candidate within 500 m"
    assert found.candidates == "given"
    plan = found.cover_all
    assert [site.candidate_id for site in plan.sites] == ["C1", "C2"]
    assert (plan.status, plan.objective, plan.bound, plan.gap) == ("optimal", 2, 2, 0)
    hall, plot = plan.sites
    assert hall.serves == ("R1", "R2", "R3")
    assert (hall.households.known, hall.households.unknown) == (100 + 200 + 300, 0)
    assert (hall.elders.known, hall.elders.unknown) == (10 + 20 + 30, 0)
    assert hall.floor_area_needed_m2 == 0 + 200 + 200
    assert hall.fits is True
    assert plot.serves == ("R4",)
    assert plot.households.known == 400
    assert plot.floor_area_needed_m2 == 200
    assert (plot.max_floor_area_m2, plot.fits) == (199.9, False)
    named = {(item.clause_id, item.unit_kind, item.unit_id) for item in hall.mends}
    assert named == {("ZZ05a", "residence", unit) for unit in ("R1", "R2", "R3")}
    assert [item.unit_id for item in plot.mends] == ["R4"]


def test_best_sites_by_weight(proposed):
    found = proposed()
    assert [plan.n_sites for plan in found.best] == [1, 2]
    assert [plan.objective for plan in found.best] == [600, 1000]
    assert [site.candidate_id for site in found.best[0].sites] == ["C1"]
    by_elders = proposed(
        ("[layers.facilities]", '[siting]\nweight = "elders"\n[layers.facilities]')
    )
    assert [plan.objective for plan in by_elders.best] == [60, 100]


def test_a_residence_without_a_figure_weighs_nothing_and_is_listed(proposed, edited):
    found = proposed(residences__csv=edited(4, ",300,", ",,"))
    assert found.unweighted == ("R3",)
    assert [plan.objective for plan in found.best] == [400, 700]
    assert [site.candidate_id for site in found.best[0].sites] == ["C2"]
    hall = found.cover_all.sites[0]
    assert (hall.households.known, hall.households.unknown) == (300, 1)


def test_at_most_so_many_sites(proposed):
    found = proposed(("[layers.facilities]", "[siting]\nmax_sites = 1\n[layers.facilities]"))
    assert len(found.best) == 1
    assert found.cover_all.n_sites == 2


def test_a_candidate_free_after_the_horizon_is_none(proposed):
    with_it = proposed(("as_of", "horizon = 2031\nas_of"), sites=CSV.replace("C1", "C9"))
    assert "C4" in {site.candidate_id for site in with_it.cover_all.sites}
    late = CSV.replace("C1,老礼堂,400,,", "C1,老礼堂,400,2031,")
    without = proposed(("as_of", "horizon = 2030\nas_of"), sites=late)
    assert [site.candidate_id for site in without.cover_all.sites] == ["C2"]
    assert without.unreachable == ("R1", "R2", "R3", "R5")


def test_a_site_mends_a_zone_that_lacks_a_facility(make):
    # The centre of JY06 needs ten beds, which a place alone does not bring; the place does mend
    # the radius of the residence in it.
    zones = """\
[layers.zones]
path = "zones.geojson"
columns = { id = "id", name = "name", level = "level" }
"""
    ring = [[113.9, 34.2], [114.2, 34.2], [114.2, 34.4], [113.9, 34.4], [113.9, 34.2]]
    shape = f'{{"type":"Polygon","coordinates":[{ring}]}}'
    area = (
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":'
        f'{{"id":"T","name":"T","level":"街道"}},"geometry":{shape}}}]}}'
    )
    project = open_project(make(more=SITES + zones, sites__csv=CSV, zones__geojson=area))
    missed = {(item.clause_id, item.unit_id) for item in project.findings()}
    assert ("ZZ07", "T") in missed
    mends = {
        note.clause_id for site in project.propose().proposal.cover_all.sites for note in site.mends
    }
    assert mends == {"ZZ05a"}


def test_nothing_to_close(proposed):
    near = "编号,名称,户数,老人,东,北,状态\nR1,一号院,100,10,498200,3800000,已建\n"
    found = proposed(residences__csv=near)
    assert (found.gaps, found.cover_all, found.best) == ((), None, ())


def test_candidates_far_from_all(proposed):
    found = proposed(sites="编号,名称,可用面积,可用年份,东,北\nC1,,,,500000,3850000\n")
    assert found.unreachable == found.gaps == ("R1", "R2", "R3", "R4", "R5")
    assert (found.cover_all, found.best) == (None, ())


def test_generated_where_there_are_no_candidates(proposed):
    found = proposed(sites=None)
    assert found.candidates == "generated"
    assert found.unreachable == ()
    plan = found.cover_all
    assert [site.name for site in plan.sites] == ["二号院", "四号院", "五号院"]
    assert {site.kind for site in plan.sites} == {"generated"}


def estates(places):
    rows = [f"R{n:02d},,100,10,{x},3800000,已建" for n, x in enumerate(places)]
    return "编号,名称,户数,老人,东,北,状态\n" + "\n".join(rows) + "\n"


def test_generated_candidates_keep_their_distance(proposed):
    # 299.999 m is nearer than 300 and no candidate; 300 m exactly is one.
    places = ["500000.000", "500299.999", "500300.000", "500650.000"]
    plain = (
        "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F1,一站,居家养老服务站点,运营,200,0,113.98,34.327,\n"
    )
    found = proposed(
        ("[layers.facilities]", "[siting]\nmax_sites = 9\n[layers.facilities]"),
        sites=None,
        residences__csv=estates(places),
        facilities__csv=plain,
    )
    assert found.gaps == ("R00", "R01", "R02", "R03")
    used = {site.name for plan in (*found.best, found.cover_all) for site in plan.sites}
    assert "R01" not in used
    assert found.cover_all.n_sites == 1
    assert found.cover_all.sites[0].name == "R02", "within 500 m of all"


def test_a_closed_station_keeps_no_site_away(proposed):
    closed = (
        "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F1,一站,居家养老服务站点,停业,200,0,114.0,34.3276,R1\n"
    )
    found = proposed(sites=None, facilities__csv=closed)
    assert found.unreachable == ()


def test_choices_that_make_no_sense(make):
    project = open_project(make())
    for options in (Options(weight="cost"), Options(facility_kind="meal_point")):
        with pytest.raises(UsageError) as caught:
            propose(project.city, project.standards, project.findings().findings, options)
        assert len(caught.value.render("en").splitlines()) == 2


def with_radii(*radii):
    """Return a document of radius clauses of other kinds each, as Zhengzhou's but for these."""
    document = load("zhengzhou-2018-34")
    model = document.clause("ZZ05a")
    clauses = [
        model.model_copy(
            update={"id": f"K{n}", "value": limit, "kinds": kinds, "kinds_serving_community": ()}
        )
        for n, (limit, kinds) in enumerate(radii)
    ]
    return resolve([document.model_copy(update={"clauses": tuple(clauses)})], None)


@pytest.mark.parametrize(
    ("other", "closed", "open_gaps"),
    [
        # R1 to R3 have a centre within 1000 m and no station: a station closes them
        ((1000, ("street_centre",)), ("R1", "R2", "R3"), ("R4", "R5")),
        # a centre must be at hand and none is: no station makes one
        ((1, ("street_centre",)), (), ("R1", "R2", "R3", "R4", "R5")),
        # a station counts for both, so the shorter radius decides: C1 stands at R2
        ((299, ("home_care_station", "day_care")), ("R2",), ("R1", "R3", "R4", "R5")),
    ],
)
def test_who_misses_two_radii_needs_both(make, other, closed, open_gaps):
    centre = (
        "编号,名称,类型,状态,面积,床位,经度,纬度,服务小区\n"
        "F2,一中心,街道综合养老服务中心,运营,200,0,114.0043,34.3276,R1\n"
    )
    sites = CSV.replace("C2,空地,199.9,,503000,3800300\n", "")
    city = open_project(make(more=SITES, sites__csv=sites, facilities__csv=centre)).city
    standards = with_radii((500, ("home_care_station",)), other)
    found = propose(city, standards, assess(city, standards), Options())
    assert found.gaps == ("R1", "R2", "R3", "R4", "R5")
    assert found.unreachable == open_gaps
    plan = found.cover_all
    served = () if plan is None else tuple(unit for site in plan.sites for unit in site.serves)
    assert served == closed
    if plan is not None:
        mended = {item.unit_id for site in plan.sites for item in site.mends}
        assert set(closed) <= mended, "assessed anew they comply"


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=1, max_size=7, unique=True), st.data())
def test_every_plan_against_brute_force(tmp_path_factory, places, data):
    sites = data.draw(st.lists(st.integers(0, 3000), min_size=1, max_size=5, unique=True))
    folder = tmp_path_factory.mktemp("city")
    (folder / "project.toml").write_text(
        "[project]\nname='a'\nstandards=['zhengzhou-2018-34']\nas_of=2019-06-30\ncrs='EPSG:4547'\n"
        "[layers.residences]\npath='r.csv'\nx='x'\ny='y'\ncrs='EPSG:4547'\n"
        "constants={setting='urban',status='existing'}\n"
        "[layers.facilities]\npath='f.csv'\nx='x'\ny='y'\ncrs='EPSG:4547'\nmay_be_empty=true\n"
        "[layers.candidates]\npath='c.csv'\nx='x'\ny='y'\ncrs='EPSG:4547'\n"
    )
    weights = {f"R{n}": 10 + 7 * n for n in range(len(places))}
    rows = [f"R{n},{10 + 7 * n},{500000 + x},3800000" for n, x in enumerate(places)]
    (folder / "r.csv").write_text("id,households,x,y\n" + "\n".join(rows) + "\n")
    (folder / "f.csv").write_text("id,kind,x,y\n")
    rows = [f"C{n},{500000 + x},3800000" for n, x in enumerate(sites)]
    (folder / "c.csv").write_text("id,x,y\n" + "\n".join(rows) + "\n")
    found = open_project(folder).propose().proposal
    reach = [{f"R{n}" for n, x in enumerate(places) if abs(x - site) <= 500} for site in sites]
    closable = set().union(*reach)
    assert set(found.unreachable) == {f"R{n}" for n in range(len(places))} - closable
    if not closable:
        assert found.cover_all is None
        return
    sizes = range(1, len(sites) + 1)
    fewest = next(
        size
        for size in sizes
        if any(set().union(*some) == closable for some in itertools.combinations(reach, size))
    )
    assert found.cover_all.n_sites == fewest
    served = [unit for site in found.cover_all.sites for unit in site.serves]
    assert sorted(served) == sorted(closable), "each is served once"
    for plan in found.best:
        most = max(
            sum(weights[unit] for unit in set().union(*some))
            for some in itertools.combinations(reach, plan.n_sites)
        )
        assert math.isclose(plan.objective, most)
        assert sum(site.households.known for site in plan.sites) == most

"""Plans of the sample city: proven, counted again by other code, adding up, each gap explained."""

import json
import math
from collections import Counter

import numpy as np
import pytest

from facilityplan.errors import UsageError
from facilityplan.files import canonical_json
from facilityplan.report.site_plan import site_plan_document, site_plan_lines
from facilityplan.siting import SolveOptions
from facilityplan.siting.planner import Model, Request, plan_sites
from facilityplan.siting.planner.curve import knee

REQUESTS = {
    "lscp": {"equals": 3},
    "lscp_backup": {},
    "mclp": {"n_sites": 4, "equals": 3},
    "mclp_backup": {"n_sites": 4},
    "p_median": {"n_sites": 4},
    "p_center": {"n_sites": 4},
    "p_dispersion": {"n_sites": 4},
    "partial_coverage": {"share": 0.5},
    "capacitated_coverage": {"n_sites": 6, "module_m2": 200.0},
    "capacitated_p_median": {"n_sites": 150},
}


def planned(project, model, **options):
    request = Request(model, **{"curve_points": 0, "equals": 0} | options)
    return plan_sites(project.context, project.findings().findings, request)


@pytest.fixture(scope="module")
def plans(sample):
    return {model: planned(sample, model, **given) for model, given in REQUESTS.items()}


def within_reach(project):
    """Return which candidates lie within the limit of which gap, by coordinates alone."""
    city = project.city
    gaps = {
        item.unit_id
        for item in project.findings()
        if item.clause_id in {"SF01a", "SF01b"} and item.verdict == "non_compliant"
    }
    residences = city.residences.set_index("id")
    places = city.layer("candidates").set_index("id").geometry
    reach = {}
    for gap in gaps:
        limit = 500 if residences.setting[gap] == "urban" else 1000
        inner = residences.geometry[gap].representative_point()
        reach[gap] = {
            name
            for name, place in places.items()
            if round(math.dist(inner.coords[0], place.representative_point().coords[0]), 3) <= limit
        }
    return reach


def test_every_model_has_a_request():
    assert set(REQUESTS) == {str(model) for model in Model}


@pytest.mark.parametrize("model", REQUESTS)
def test_proven_recounted_and_adding_up(plans, model):
    plan = plans[model]
    certificate = plan.certificate
    if model == "capacitated_p_median":
        assert certificate.status == "infeasible"
        assert certificate.conflict["weight"] > certificate.conflict["weight_served_at_most"] > 0
        assert not plan.sites
        return
    assert certificate.status == "optimal"
    assert certificate.objective == certificate.bound
    assert certificate.recount == pytest.approx(certificate.objective, rel=1e-9)
    assert certificate.closed_reassessed >= certificate.closed_recount >= plan.totals.gaps
    assert sum(len(item.site.serves) for item in plan.sites) == plan.totals.gaps
    for name in ("households", "persons", "elders"):
        parts = [getattr(item.site, name) for item in plan.sites]
        whole = getattr(plan.totals, name)
        assert sum(part.known for part in parts) == pytest.approx(whole.known)
        assert sum(part.unknown for part in parts) == whole.unknown
    served = {name for item in plan.sites for name in item.site.serves}
    left = {item.residence for item in plan.open_gaps}
    assert not served & left
    assert len(served | left) == plan.n_gaps
    values = [item.value for item in plan.sites]
    if None not in values:
        assert sum(values) == pytest.approx(certificate.objective)


def test_all_closable_gaps_closed_with_the_fewest_sites(sample, plans):
    plan, reach = plans["lscp"], within_reach(sample)
    chosen = {item.site.candidate_id for item in plan.sites}
    assert plan.n_gaps == len(reach)
    assert {item.residence for item in plan.open_gaps} == {gap for gap in reach if not reach[gap]}
    assert all(reach[gap] & chosen for gap in reach if reach[gap])
    assert plan.certificate.objective == len(chosen)
    # as many gaps, no two of which a candidate closes together, as there are sites: no fewer can
    assert plan.certificate.bound == len(chosen)
    assert plan.certificate.unique is False
    for other in plan.certificate.equals:
        assert len(other.sites) == len(chosen)
        assert all(reach[gap] & set(other.sites) for gap in reach if reach[gap])


def test_the_estate_that_no_candidate_reaches_is_named(sample, plans):
    planted = json.loads((sample.folder / "planted.json").read_text(encoding="utf-8"))
    estate = planted["no_candidate"]["ids"]["residence"]
    for plan in plans.values():
        (gap,) = [item for item in plan.open_gaps if item.residence == estate]
        assert gap.reason == "no_candidate_in_reach"
        assert gap.nearest_m > gap.limit_m
    assert estate in " ".join(site_plan_lines(plans["lscp"], "zh"))


def test_what_is_lost_and_who_could_stand_in(sample, plans):
    plan, reach = plans["mclp"], within_reach(sample)
    households = sample.city.residences.set_index("id").households
    chosen = [item.site.candidate_id for item in plan.sites]

    def covered(sites):
        return {gap for gap in reach if reach[gap] & set(sites)}

    best = sum(households[gap] for gap in covered(chosen))
    assert best == plan.certificate.objective
    everyone = sample.city.layer("candidates")["id"].tolist()
    for item in plan.sites:
        rest = [name for name in chosen if name != item.site.candidate_id]
        assert set(item.lost) == covered(chosen) - covered(rest)
        assert item.lost_households.known == sum(households[gap] for gap in item.lost)
        found = {other.candidate_id: other.value for other in item.alternatives}
        for name in everyone:
            value = sum(households[gap] for gap in covered([*rest, name]))
            nearly = name not in chosen and value >= 0.99 * best
            assert (name in found) == nearly
            assert not nearly or found[name] == value


def test_clauses_mended_are_those_of_the_residences_served(plans):
    for item in plans["mclp"].sites:
        mended = {note.unit_id for note in item.site.mends if note.clause_id in {"SF01a", "SF01b"}}
        assert mended == set(item.site.serves)


def test_capacity_is_kept_in_whole_modules(plans):
    for item in plans["capacitated_coverage"].sites:
        assert item.floor_area_m2 <= item.modules * 200.0
        assert item.modules * 200.0 <= item.site.max_floor_area_m2
    reasons = Counter(item.reason for item in plans["capacitated_coverage"].open_gaps)
    assert reasons["no_capacity"] > 0


def test_stages_are_nested_and_wait_for_what_is_available(sample):
    plan = planned(sample, "mclp", stages=((2026, 3), (2028, 8)))
    first, last = plan.stages
    assert set(first.sites) < set(last.sites)
    assert (len(first.sites), len(last.sites)) == (3, 8)
    assert set(last.new) == set(last.sites) - set(first.sites)
    available = sample.city.layer("candidates").set_index("id").available_from
    for stage in plan.stages:
        assert not any(available[name] > stage.year for name in stage.sites)
    assert plan.certificate.objective == first.weight + last.weight
    # over both stages together never better than each stage by itself
    alone = [planned(sample, "mclp", n_sites=n, year=year) for year, n in ((2026, 3), (2028, 8))]
    assert plan.certificate.objective <= sum(item.certificate.objective for item in alone)
    assert {item.stage for item in plan.sites} == {2026, 2028}


def test_money_binds_and_unknown_cost_bars(sample):
    poor = planned(sample, "mclp", budget=300.0)
    rich = planned(sample, "mclp", budget=600.0)
    assert poor.totals.cost.known <= 300.0
    assert poor.totals.cost.unknown == 0
    assert rich.certificate.objective >= poor.certificate.objective
    cost = sample.city.layer("candidates").set_index("id").cost
    assert {name for name, why in poor.barred if why == "cost_unknown"} == set(
        cost[cost.isna()].index
    )
    assert "budget" in {item.reason for item in poor.open_gaps}


def test_curve_never_falls_and_marks_the_farthest_from_the_chord(sample):
    plan = planned(sample, "mclp", n_sites=2, curve_points=6)
    assert [curve.limit for curve in plan.curves] == ["sites", "cost"]
    for curve in plan.curves:
        x = np.array([point.limit for point in curve.points])
        y = np.array([point.weight for point in curve.points])
        assert (np.diff(y) >= 0).all()
        assert curve.complete
        chord = y[0] + (x - x[0]) * (y[-1] - y[0]) / (x[-1] - x[0])
        assert curve.knee == int(np.argmax(y - chord))
    assert plan.curves[0].points[-1].weight == pytest.approx(plan.curves[0].total)


@pytest.mark.parametrize(
    ("y", "at"), [([0, 8, 9, 10], 1), ([0, 5, 10], None), ([0, 10], None), ([0, 0, 0], None)]
)
def test_knee(y, at):
    assert knee(range(len(y)), y) == at


def test_streets_add_up(plans):
    plan = plans["mclp"]
    for row in plan.streets:
        assert row.need == row.existing + row.proposed + row.shortfall + row.undecided
    assert sum(row.proposed for row in plan.streets) == plan.totals.gaps
    assert sum(row.shortfall for row in plan.streets) == len(plan.open_gaps)
    assert sum(row.sites for row in plan.streets) == len(plan.sites)


@pytest.mark.parametrize("rule", ["street", "clusters", "grid"])
def test_generated_candidates_keep_their_spacing(sample, rule):
    plan = planned(sample, "mclp", n_sites=6, candidates=rule, spacing_m=450.0)
    xy = [(item.site.x, item.site.y) for item in plan.sites]
    assert len(xy) == 6
    assert min(math.dist(a, b) for at, a in enumerate(xy) for b in xy[at + 1 :]) >= 450.0
    assert plan.certificate.status == "optimal"
    assert plan.rule == rule
    reasons = {item.reason for item in plan.open_gaps}
    assert reasons <= {"number_of_sites", "no_candidate_in_reach"}


def test_roles_by_id(sample, plans):
    free = [item.site.candidate_id for item in plans["mclp"].sites]
    plan = planned(sample, "mclp", n_sites=4, mandatory=("C001",), forbidden=(free[0],))
    chosen = [item.site.candidate_id for item in plan.sites]
    assert "C001" in chosen
    assert free[0] not in chosen
    assert (free[0], "forbidden") in plan.barred
    standing = planned(sample, "mclp", n_sites=4, existing=(free[0],))
    assert set(plans["mclp"].sites[0].site.serves) <= set(standing.served_by_standing)
    assert free[0] not in [item.site.candidate_id for item in standing.sites]


def test_interrupted_from_the_progress_is_labelled(sample):
    def stop(_):
        raise KeyboardInterrupt

    findings = sample.findings().findings
    request = Request("p_median", n_sites=12)
    plan = plan_sites(sample.context, findings, request, options=SolveOptions(progress=stop))
    assert plan.certificate.interrupted
    assert plan.certificate.status == "feasible"
    assert plan.certificate.gap > 0
    assert plan.certificate.unique is None
    assert not plan.curves
    assert "已中断" in " ".join(site_plan_lines(plan, "zh"))


def test_infeasible_says_by_how_much(sample):
    plan = planned(sample, "mclp", n_sites=1, mandatory=("C001", "C002"))
    assert plan.certificate.status == "infeasible"
    assert plan.certificate.conflict == {"n_sites": 1.0, "mandatory_sites": 2.0}
    assert {item.reason for item in plan.open_gaps} >= {"no_plan"}
    money = planned(sample, "mclp", budget=1.0, mandatory=("C001",))
    assert money.certificate.status == "infeasible"
    assert money.certificate.conflict["budget"] == 1.0


def test_document_is_plain_and_the_same_again(sample, plans):
    for plan in plans.values():
        said = canonical_json(site_plan_document(plan, sample.city))
        assert json.loads(said)["certificate"]["status"] == plan.certificate.status.value
        assert said == canonical_json(site_plan_document(plan, sample.city))


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("nearest"), "site_model"),
        (Request("mclp"), "site_needs_limit"),
        (Request("p_center"), "site_needs_sites"),
        (Request("p_median", n_sites=3, budget=1.0), "site_option"),
        (Request("partial_coverage"), "site_needs_share"),
        (Request("mclp", n_sites=0), "siting_n_sites"),
        (Request("mclp", stages=((2028, 3), (2026, 8))), "site_stages"),
        (Request("mclp", stages=((2026, 9), (2028, 8))), "site_stages"),
        (Request("mclp", stages=((2026, 9),), n_sites=3), "site_stages_alone"),
        (Request("mclp", n_sites=3, mandatory=("X",)), "site_unknown_candidate"),
        (Request("mclp", n_sites=3, mandatory=("C001",), forbidden=("C001",)), "siting_two_roles"),
        (Request("mclp", n_sites=3, candidates="here"), "site_candidates"),
        (Request("mclp", n_sites=3, candidates="grid", spacing_m=0.0), "site_above_0"),
        (Request("mclp", n_sites=3, candidates="grid", spacing_m=1.0), "site_grid"),
        (Request("mclp", budget=math.nan), "site_budget"),
        (Request("partial_coverage", share=1.5), "siting_share"),
    ],
)
def test_what_cannot_be_is_refused(sample, request_, message):
    with pytest.raises(UsageError) as refused:
        plan_sites(sample.context, sample.findings().findings, request_)
    assert refused.value.message == message
    for lang in ("zh", "en"):
        assert refused.value.render(lang)

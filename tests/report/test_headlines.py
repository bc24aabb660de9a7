"""The headline figures against sums made by hand on the small city."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilityplan import locale, report
from facilityplan.coverage import Rate
from facilityplan.report.headlines import percent
from facilityplan.siting.solution import Status


def test_figures_by_hand(run):
    lines = report.summary_lines(run.findings, run.coverage, run.proposal, "en")
    missed = [f for f in run.findings if f.verdict == "non_compliant"]
    mandatory = [f for f in missed if f.modality == "mandatory"]
    lacking = [f for f in run.findings if f.verdict == "insufficient_data"]
    bound = [f for f in lacking if f.modality == "mandatory"]
    assert lines == [
        "Residences bound by a service radius: 5",
        "Of these without the attributes that tell which radius holds: 1 (counted as not covered)",
        (
            "Within the service radius (straight line; ZZ05a 500 m): 2/5 residences (40.0%), "
            "900/2230 households (40.4%; 1 residences without a figure); "
            "1 without sufficient data count as not covered"
        ),
        (
            "Within the service radius (walking distance; ZZ05a 500 m): 1/5 residences (20.0%), "
            "600/2230 households (26.9%; 1 residences without a figure); "
            "1 without sufficient data count as not covered"
        ),
        "Residences whose verdict would turn on foot: 1; too far from every road: 0",
        # a misses 1 m2 of 200, b 375 of 375, c 200 of 200; d has no households.
        "Floor area of premises too small: 3, 576 m² missing in all",
        f"Mandatory clauses not complied with: {len(mandatory)} in all",
        f"Insufficient data: {len(lacking)} in all, {len(bound)} of mandatory clauses",
        (
            "Gaps in the service radius that can be closed: 2; "
            "fewest sites that close them: 2 (proven fewest)"
        ),
    ]


def test_the_same_figures_in_chinese(run):
    lines = report.summary_lines(run.findings, run.coverage, run.proposal, "zh")
    english = report.summary_lines(run.findings, run.coverage, run.proposal, "en")
    assert len(lines) == len(english)
    assert "居住单元 2/5 个（40.0%）" in lines[2]
    assert lines[-1].endswith("最少新增 2 处（已证明最少）")


def test_without_coverage_and_proposal_the_findings_remain(run):
    assert len(report.summary_lines(run.findings, None, None, "en")) == 3
    assert report.summary_lines([], None, None, "zh")


def test_without_roads_nothing_is_said_of_walking(build):
    run = build(on_foot=False)
    lines = report.summary_lines(run.findings, run.coverage, run.proposal, "en")
    assert not [line for line in lines if "walking" in line or "on foot" in line]


@pytest.mark.parametrize("lang", locale.LANGUAGES)
def test_what_is_not_proven_is_not_called_fewest(run, lang):
    plan = dataclasses.replace(run.proposal.cover_all, status=Status.FEASIBLE, bound=1.2)
    changed = dataclasses.replace(run.proposal, cover_all=plan, unreachable=("d",))
    *_, fewest, unreachable = report.summary_lines(run.findings, run.coverage, changed, lang)
    wanted = {
        "zh": "补齐 1 个可补的服务半径缺口，新增 2 处可行（到时限未证明最少，至少需 2 处）",
        "en": "Gaps in the service radius that can be closed: 1; sites that close them: 2 "
        "(time ran out before they were proven fewest; at least 2 needed)",
    }
    assert fewest == wanted[lang]
    assert "1" in unreachable


def test_no_gap_is_said(run):
    none = dataclasses.replace(run.proposal, gaps=(), cover_all=None, best=())
    last = report.summary_lines(run.findings, run.coverage, none, "en")[-1]
    assert last == "No gap in the service radius: no facility needs to be added"


def test_gaps_that_nothing_reaches_have_no_plan(run):
    lost = dataclasses.replace(run.proposal, unreachable=("b", "d"), cover_all=None, best=())
    lines = report.summary_lines(run.findings, run.coverage, lost, "en")
    assert lines[-1] == "Gaps that no candidate reaches: 2"
    assert "Insufficient" in lines[-2]


@given(total=st.integers(1, 10**7), data=st.data())
def test_all_and_none_are_said_of_all_and_none_only(total, data):
    covered = data.draw(st.integers(0, total))
    shown = percent(Rate(float(covered), float(total), 0))
    assert (shown == "100.0%") == (covered == total)
    assert (shown == "0.0%") == (covered == 0)
    assert abs(float(shown[:-1]) - 100 * covered / total) <= 0.1


def test_a_share_of_nothing_is_a_dash():
    assert percent(Rate(0.0, 0.0, 3)) == "—"


def test_both_catalogues_have_the_same_messages():
    def own(lang):
        found = locale.catalogue(lang)
        return {
            key: locale.placeholders(said)
            for key, said in found.items()
            if key.startswith(("report.", "error.workbook_too_long", "error.geopackage_failed"))
        }

    assert own("zh") == own("en")
    assert len(own("zh")) > 100

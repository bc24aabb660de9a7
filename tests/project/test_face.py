"""The face for notebooks: tables that show themselves, inert, and never lend out their insides."""

import pandas as pd
import pytest

import facilityplan as fp
from facilityplan.checks.radius_coverage import LandRule, MetricRates, RadiusCoverage
from facilityplan.coverage import Metric, Rate, Rates
from facilityplan.errors import MissingLayerError
from facilityplan.project.results import CoverageResult

NASTY = "<script>alert(1)</script>"


def test_tables_show_themselves_and_nothing_of_the_user_runs(make, edited):
    folder = make(residences__csv=edited(2, "一号院", NASTY))
    project = fp.open_project(folder, lang="en")
    shown = [project.findings(), project.coverage(), project.propose()]
    for result in shown:
        page = result._repr_html_()
        assert page.startswith("<table>")
        assert "<script" not in page
    table = project.findings().table()
    assert NASTY in set(table["name"])
    assert len(table) == len(project.findings())
    misses = project.findings().table("non_compliant")
    assert set(misses["verdict"]) == {"does not comply"}
    summary = project.findings().summary()
    assert summary.iloc[:, 1:].to_numpy().sum() == len(project.findings())


def test_coverage_by_hand(make, edited):
    # R1 moved next to the station: 100 of 1500 households, one of five residences.
    folder = make(residences__csv=edited(2, "500000", "498200"))
    rates = fp.open_project(folder, lang="en").coverage().rates()
    overall = rates.iloc[0]
    assert overall["households"] == f"{100 / 1500:.1%}"
    assert overall["residences"] == "20.0%"


def test_the_user_cannot_spoil_it(make):
    project = fp.open_project(make())
    before = [item.as_dict() for item in project.findings()]
    copy = project.residences
    copy["households"] = 0.0
    assert project.residences["households"].tolist() == [100, 200, 300, 400, 500]
    assert [item.as_dict() for item in project.findings()] == before
    assert isinstance(project.facilities, pd.DataFrame)


def test_without_residences_there_is_no_coverage(make):
    folder = make()
    toml = (folder / "project.toml").read_text(encoding="utf-8")
    head, rest = toml.split("[layers.residences]")
    lone = head + "[layers.facilities]" + rest.split("[layers.facilities]")[1]
    (folder / "project.toml").write_text(lone, encoding="utf-8")
    project = fp.open_project(folder)
    assert not project.has_coverage
    for result in (project.coverage, project.propose):
        with pytest.raises(MissingLayerError) as caught:
            result()
        assert "residences" in caught.value.render("zh")
    # What is the whole place's is judged all the same.
    assert {item.unit_kind for item in project.findings().findings} <= {"zone", "project"}
    assert "小城" in repr(project)


def test_nothing_is_written_to_the_project(make, run):
    folder = make()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    run(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_share_of_nearly_all_is_not_all():
    """Notebooks say shares as the headlines do: 100 and 0 percent only of all and none."""
    rates = Rates(*(Rate(float(n), 10_000.0, 0) for n in (9_996, 10_000, 3, 0, 5_000)))
    item = MetricRates(Metric.WALKING, None, rates, 0, LandRule.WHOLE_RESIDENCES)
    coverage = RadiusCoverage({}, {}, {}, {}, (item,), {}, (), ())
    (row,) = CoverageResult(coverage, "en").rates().itertuples(index=False)
    assert list(row)[2:] == ["99.9%", "100.0%", "0.1%", "0.0%", "50.0%"]

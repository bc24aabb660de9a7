"""project.toml: every mistake in one message of ours that names the key and what may stand there."""

import pytest

from facilityplan.errors import ProjectFileError
from facilityplan.project.config import read_config

WRONG = [
    ("typo in a key", ("as_of", "asof"), ["project.asof", "as_of"]),
    ("key left out", ("as_of = 2019-06-30\n", ""), ["project.as_of"]),
    ("no standards", ('["zhengzhou-2018-34"]', "[]"), ["project.standards"]),
    ("standards as text", ('["zhengzhou-2018-34"]', '"zhengzhou-2018-34"'), ["project.standards"]),
    ("name empty", ('"小城"', '" "'), ["project.name"]),
    ("name a number", ('"小城"', "7"), ["project.name", "7"]),
    ("date as text", ("2019-06-30", '"2019-06-30"'), ["project.as_of"]),
    ("date as number", ("2019-06-30", "20190630"), ["project.as_of", "20190630"]),
    ("date with a time", ("2019-06-30", "2019-06-30T00:00:00"), ["project.as_of"]),
    ("crs a number", ('crs = "EPSG:4547"\n[layers.res', "crs = 4547\n[layers.res"), ["project.crs"]),
    ("unknown layer", ("[layers.residences]", "[layers.houses]"), ["houses", "residences"]),
    ("unknown column", ('households = "户数"', 'homes = "户数"'), ["homes", "households"]),
    ("typo in a layer", ('path = "residences.csv"', 'file = "residences.csv"'),
     ["layers.residences.file", "path"]),
    ("path a number", ('path = "residences.csv"', "path = 3"), ["layers.residences.path", "3"]),
    ("column a number", ('households = "户数"', "households = 3"),
     ["layers.residences.columns.households"]),
    ("constant a list", ('setting = "urban"', 'setting = ["urban"]'),
     ["layers.residences.constants.setting"]),
    ("flag as text", ('datum = "wgs84"', 'datum = "wgs84"\nmay_be_empty = "yes"'),
     ["layers.facilities.may_be_empty", "true"]),
    ("x alone", ('y = "北"\n', ""), ["residences", "x"]),
]  # fmt: skip
MORE = [
    ("[siting]\nweight = 'people'\n", ["siting.weight", "people", "households", "elders"]),
    ("[siting]\nspacing_m = 0\n", ["siting.spacing_m", "> 0"]),
    ("[siting]\nspacing_m = inf\n", ["siting.spacing_m", "inf"]),
    ("[siting]\nspacing_m = nan\n", ["siting.spacing_m"]),
    ("[siting]\nspacing_m = '300'\n", ["siting.spacing_m"]),
    ("[siting]\nmax_sites = 2.5\n", ["siting.max_sites", "2.5"]),
    ("[siting]\nmax_sites = 0\n", ["siting.max_sites", "≥ 1"]),
    ("[siting]\ntime_limit_s = -1\n", ["siting.time_limit_s", "> 0"]),
    ("[siting]\ncost = 1\n", ["siting.cost", "spacing_m"]),
    ("[[layers.roads]]\npath = 1\n[[layers.roads]]\npath = 2\n", ["layers.roads[1].path"]),
    ("[layers.roads]\npath='a.pbf'\nosm={take='all'}\n", ["layers.roads.osm.take", "areas"]),
    ("[layers.roads]\npath='a.pbf'\nosm={take='roads',tag={}}\n", ["layers.roads.osm.tag", "tags"]),
    ("[network]\nnode_at_crossing = true\n", ["network.node_at_crossing", "node_at_crossings"]),
    ("[network]\nnode_at_crossings = 1\n", ["network.node_at_crossings", "true"]),
    ("[network]\ncache = 'no'\n", ["network.cache", "true"]),
    ("[network]\nthreads = 0\n", ["network.threads", "≥ 1"]),
    ("[network]\nthreads = 1000\n", ["network.threads", "≤ 256"]),
    ("[network]\nthreads = 2.0\n", ["network.threads", "2.0"]),
    ("[network]\nwalkable = true\n", ["network.walkable"]),
    (
        "[network.walkable]\ntrunk = 'yes'\n",
        ["network.walkable.trunk", "yes", "true", "false", '"with_footway"'],
    ),
    ("[network.walkable]\ntrunk = 1\n", ["network.walkable.trunk", "1", "with_footway"]),
    ("x = = 1\n", []),
    (f"a = {'[' * 4000}\n", []),
    (f"{'a.' * 300}b = 1\n", ["200"]),
]


def said_in_both(error):
    for lang in ("zh", "en"):
        yield error.render(lang)


@pytest.mark.parametrize(("swap", "said"), [c[1:] for c in WRONG], ids=[c[0] for c in WRONG])
def test_a_key(make, swap, said):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(swap))
    for message in said_in_both(caught.value):
        assert "project.toml" in message
        for word in said:
            assert word in message, message


@pytest.mark.parametrize(("more", "said"), MORE)
def test_a_table(make, more, said):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(more=more))
    for message in said_in_both(caught.value):
        assert "project.toml" in message
        for word in said:
            assert word in message, message


def test_messages_are_in_the_language_spoken(make):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(("2019-06-30", "20190630")))
    assert caught.value.render("zh").isascii() is False
    assert "Input should" not in caught.value.render("zh")
    assert "应为日期" in caught.value.render("zh")


@pytest.mark.parametrize("layers", ["", "[layers]\n", "[layers.roads]\npath = 'r.gpkg'\n"])
def test_nothing_that_can_be_judged(make, layers):
    head = (
        "[project]\nname='a'\nstandards=['zhengzhou-2018-34']\nas_of=2019-06-30\ncrs='EPSG:4547'\n"
    )
    with pytest.raises(ProjectFileError):
        read_config(make(toml=head + layers))


def test_an_empty_list_of_files(make):
    with pytest.raises(ProjectFileError) as caught:
        read_config(make(more="[layers]\n", toml="layers.residences = []\n"))
    assert caught.value.message.startswith("project_")


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_not_utf_8(make, refused, encoding):
    folder = make()
    path = folder / "project.toml"
    path.write_bytes(path.read_text(encoding="utf-8").encode(encoding))
    refused(folder, 3, "project.toml", "UTF-8")


def test_utf_8_with_a_mark_is_fine(make):
    folder = make()
    path = folder / "project.toml"
    path.write_bytes(path.read_bytes().join([b"\xef\xbb\xbf", b""]))
    assert read_config(folder).project.name == "小城"


def test_no_project_file(tmp_path, refused):
    (tmp_path / "bare").mkdir()
    (tmp_path / "file").write_text("x")
    for name in ("bare", "file", "absent"):
        refused(tmp_path / name, 3, "project.toml", name, "facilityplan init")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('[readings.ZZ99]\nfloor_200 = "every_estate"\n', ["ZZ99", "ZZ04b.floor_200"]),
        ('[readings.ZZ04b]\nfloor = "every_estate"\n', ["ZZ04b.floor_200"]),
        ('[readings.ZZ04b]\nfloor_200 = "sometimes"\n', ["sometimes", "procured_only"]),
        ('[siting]\nfacility_kind = "meal_point"\n', ["meal_point", "home_care_station"]),
        ('[siting]\nfacility_kind = "mall"\n', ["mall", "home_care_station"]),
        ('[project.named_areas]\ncentral_city = ["410102"]\n', ["410102", "zones"]),
    ],
)
def test_what_the_standards_or_layers_do_not_know(make, refused, more, said):
    refused(make(more=more), 3, "project.toml", *said)

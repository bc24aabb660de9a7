"""``facilityplan check``: the issue's own figures, every kind of file, both languages."""

import json

import openpyxl
import pytest

from facilityplan.cli import run_command_line

HEADERS = ("项目名称", "地区", "建设状态", "总户数", "养老服务用房建筑面积", "养老服务用房处数")
RATE_QUOTE = "按照每百户30平方米以上的标准,集中配建居家社区养老服务设施"
MINIMUM_QUOTE = (
    "要按照每百户20平方米以上的标准,通过购买、置换、租赁、调剂等方式配置居家社区养老服务设施,"
    "必须达到200平方米以上"
)


@pytest.fixture
def check(tmp_path, capsys):
    """Return what checks a scheme given as text or fields: exit code, standard output, errors."""

    def run(*arguments, file="scheme.toml", content=None, **fields):
        path = tmp_path / file
        if content is None:
            content = "".join(f"{key} = {json.dumps(fields[key])}\n" for key in fields)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        code = run_command_line(["check", str(path), *arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return run


@pytest.fixture
def findings(check):
    """Return the findings of a scheme by clause, and the exit code."""

    def run(*arguments, **fields):
        code, out, _ = check("--json", *arguments, **fields)
        (answer,) = json.loads(out)
        return code, {item["clause_id"]: item for item in answer["findings"]}

    return run


# place, status, households, floor area -> clause that decides, required, exit code
CASES = [
    ("郑州市", "new", 1250, 375, "ZZ02a", 375, 0),
    ("郑州市", "new", 1250, 374.9, "ZZ02a", 375, 1),
    ("郑州市", "new", 1250, 375.1, "ZZ02a", 375, 0),
    ("郑州市", "existing", 600, 200, "ZZ04b", 200, 0),
    ("郑州市", "existing", 600, 199.9, "ZZ04b", 200, 1),
    ("郑州市", "existing", 1000, 200, "ZZ04a", 200, 0),
    ("郑州市", "existing", 1001, 200, "ZZ04a", 200.2, 1),
    ("郑州市", "existing", 1001, 200.2, "ZZ04a", 200.2, 0),
    ("郑州", "existing", 600, 150, "ZZ04b", 200, 1),
    ("许昌市", "existing", 600, 120, "XC03", 120, 0),
    ("许昌市", "existing", 600, 119.9, "XC03", 120, 1),
    ("许昌", "new", 1250, 375, "XC02", 375, 0),
]


@pytest.mark.parametrize(
    ("place", "status", "households", "area", "clause", "required", "code"), CASES
)
def test_figures(findings, place, status, households, area, clause, required, code):
    got, found = findings(
        place=place, status=status, households=households, elder_floor_area_m2=area
    )
    assert got == code
    assert found[clause]["required"] == required
    assert found[clause]["value"] == area
    assert found[clause]["verdict"] == ("compliant" if code == 0 else "non_compliant")
    assert found[clause]["citation"]["quote"]


@pytest.mark.parametrize("arguments", [["--place", "郑州市"], ["--standards", "zhengzhou-2018-34"]])
def test_place_or_standards_of_the_call(findings, arguments):
    code, found = findings(*arguments, status="new", households=1250, elder_floor_area_m2=375)
    assert code == 0
    assert found["ZZ02a"]["required"] == 375


def test_standards_of_the_sheet_win(findings):
    _, found = findings(
        "--standards",
        "xuchang-2022-33",
        standards=["zhengzhou-2018-34"],
        status="new",
        households=100,
    )
    assert set(found) == {"ZZ02a", "ZZ02b", "ZZ03", "ZZ05a"}
    assert found["ZZ05a"]["formula"]["id"] == "reason.no_city_given"


@pytest.mark.parametrize(
    ("left_out", "zh", "en"),
    [
        ("households", "缺户数", "the number of households is missing"),
        ("elder_floor_area_m2", "缺养老服务用房面积", "the floor area of the premises is missing"),
        ("status", "未注明新建或已建", "new or existing"),
    ],
)
def test_what_is_missing_is_no_pass(check, findings, left_out, zh, en):
    fields = {"place": "郑州市", "status": "new", "households": 1250, "elder_floor_area_m2": 9999}
    del fields[left_out]
    code, found = findings(**fields)
    assert code == 1
    assert found["ZZ02a" if left_out != "status" else min(found)]["verdict"] == "insufficient_data"
    for lang, word in (("zh", zh), ("en", en)):
        code, out, _ = check("--lang", lang, **fields)
        assert code == 1
        assert word in out


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ["≥ 375 ㎡", "符合", "郑政〔2018〕34号", "1250 户", "差额 0 ㎡"]),
        ("en", ["≥ 375 m²", "complies", "郑政〔2018〕34号", "1250 households", "difference 0 m²"]),
    ],
)
def test_text_quotes_the_clause(check, lang, said):
    fields = {"name": "甲", "place": "郑州市", "status": "new", "households": 1250}
    code, out, _ = check("--lang", lang, elder_floor_area_m2=375, **fields)
    assert code == 0
    for word in [*said, "ZZ02a", RATE_QUOTE, "甲", "scheme.toml"]:
        assert word in out


def test_text_shows_both_readings_where_they_part(check):
    fields = {"place": "郑州市", "status": "existing", "households": 600}
    _, out, _ = check("--lang", "en", elder_floor_area_m2=150, **fields)
    assert MINIMUM_QUOTE in out
    assert "required 200 m², does not comply" in out
    assert "required 120 m², complies" in out
    _, out, _ = check("--lang", "en", elder_floor_area_m2=250, **fields)
    assert "required 120" not in out


@pytest.mark.parametrize(
    ("distance", "station", "verdict", "code"),
    [
        (None, None, "insufficient_data", 1),
        (500.0, None, "not_applicable", 0),
        (500.1, None, "insufficient_data", 1),
        (500.1, 199, "non_compliant", 1),
        (500.1, 200, "compliant", 0),
    ],
)
def test_jiyuan_station(findings, distance, station, verdict, code):
    fields = {"distance_to_centre_m": distance, "station_area_m2": station}
    got, found = findings(
        place="济源市",
        status="new",
        households=100,
        elder_floor_area_m2=30,
        **{name: value for name, value in fields.items() if value is not None},
    )
    assert found["JY03"]["verdict"] == "compliant"
    assert (found["JY07"]["verdict"], got) == (verdict, code)


def test_a_clause_without_a_number_is_no_pass(findings):
    code, found = findings(
        place="济源市", status="existing", households=100, elder_floor_area_m2=500,
        distance_to_centre_m=100,
    )  # fmt: skip
    assert (code, found["JY05"]["verdict"]) == (1, "insufficient_data")


def test_advisory_clauses_do_not_fail_a_scheme(findings):
    code, found = findings(
        place="郑州市", status="new", households=1250, elder_floor_area_m2=375, premises=3
    )
    assert (code, found["ZZ02b"]["verdict"]) == (0, "non_compliant")


@pytest.mark.parametrize(
    ("date", "standing", "code"),
    [
        (None, "undated", 0),
        ("2019-01-01", "in_force", 0),
        ("2021-01-01", "term_over", 0),
        ("2018-07-29", None, 1),
        ("2018-07-30", "in_force", 0),
    ],
)
def test_date(findings, date, standing, code):
    arguments = [] if date is None else ["--date", date]
    got, found = findings(
        *arguments, place="郑州市", status="new", households=1250, elder_floor_area_m2=375
    )
    assert got == code
    assert [item["standing"] for item in found.values()][:1] == ([standing] if standing else [])


def table(*rows):
    return "\r\n".join(",".join("" if c is None else str(c) for c in row) for row in rows) + "\r\n"


MANY = (
    HEADERS,
    ("甲", "郑州市", "新建", 1250, 375, 1),
    ("乙", "许昌市", "已建", 600, 120, None),
    (None,) * 6,
    ("丙", "郑州市", "已建", None, 500, None),
)


@pytest.mark.parametrize("kind", ["gbk", "utf-8-sig", "utf-8", "xlsx"])
def test_many_rows(check, tmp_path, kind):
    if kind == "xlsx":
        book = openpyxl.Workbook()
        for row in MANY:
            book.active.append(row)
        book.save(tmp_path / "rows.xlsx")
        content, name = (tmp_path / "rows.xlsx").read_bytes(), "rows.xlsx"
    else:
        content, name = table(*MANY).encode(kind), "rows.csv"
    code, out, _ = check("--json", file=name, content=content)
    answers = json.loads(out)
    assert code == 1
    assert [(item["scheme"], item["row"], item["complies"]) for item in answers] == [
        ("甲", 2, True),
        ("乙", 3, True),
        ("丙", 5, False),
    ]
    assert answers[1]["standards"] == ["xuchang-2022-33"]
    assert answers[2]["findings"][0]["verdict"] == "insufficient_data"


def test_many_files_at_once(tmp_path, capsys):
    for name in ("a", "b"):
        path = tmp_path / f"{name}.toml"
        path.write_text(f'name = "{name}"\nplace = "郑州市"\nstatus = "new"\nhouseholds = 1\n'
                        "elder_floor_area_m2 = 1\n", encoding="utf-8")  # fmt: skip
    assert (
        run_command_line(["check", str(tmp_path / "a.toml"), str(tmp_path / "b.toml"), "--json"])
        == 0
    )
    answers = json.loads(capsys.readouterr().out)
    assert [item["scheme"] for item in answers] == ["a", "b"]


def test_several_schemes_in_one_toml(check):
    text = "".join(
        f'[[scheme]]\nname = "{n}"\nplace = "许昌市"\nstatus = "已建"\nhouseholds = 600\n'
        f"elder_floor_area_m2 = {area}\n"
        for n, area in enumerate((120, 119))
    )
    code, out, _ = check("--json", content=text)
    assert code == 1
    assert [item["complies"] for item in json.loads(out)] == [True, False]


WRONG = [
    ("households = -5", 3, ["scheme.toml", "households", "-5"]),
    ('"户数" = -5', 3, ["scheme.toml", "户数", "-5"]),
    ("households = 5.5", 3, ["households", "5.5"]),
    ("households = true", 3, ["households", "True"]),
    ('households = "五百户"', 3, ["households", "五百户"]),
    ("households = inf", 3, ["households"]),
    ("households = [1]", 3, ["households"]),
    ("house = 5", 3, ["house", "households"]),
    ('households = 5\n"户数" = 5', 3, ["户数"]),
    ('status = "旧"', 3, ["status", "旧", "existing（已建）"]),
    ("scheme = 3", 3, ["scheme"]),
    ("户数 = 5", 3, ["scheme.toml", '"户数" = 1250']),
    ("a = = 3", 3, ["scheme.toml"]),
    (f"a = {'[' * 4000}", 3, ["scheme.toml"]),
    (f"{'a.' * 300}b = 1", 3, ["scheme.toml", "200"]),
    ("", 3, ["scheme.toml"]),
    ("households = 5", 2, ["scheme.toml", "--place", "--standards"]),
    ('place = "北京市"', 4, ["北京市", "郑州市", "scheme.toml"]),
    ('standards = ["../../etc/passwd"]', 4, ["../../etc/passwd", "zhengzhou-2018-34"]),
    ('standards = ["zhengzhou-2018-34", "xuchang-2022-33"]', 4, ["xuchang-2022-33"]),
    ("households = 5\n".encode("utf-16"), 3, ["scheme.toml"]),
]


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize(("content", "code", "said"), WRONG)
def test_refused(check, content, code, said, lang):
    got, out, err = check("--lang", lang, content=content)
    assert (got, out) == (code, "")
    assert len(err.splitlines()) == 2
    assert err.splitlines()[1].startswith("处理办法：" if lang == "zh" else "What to do: ")
    for word in said:
        assert word in err


def test_refused_rows_of_a_table(check):
    rows = [*MANY[:2], ("乙", "许昌市", "已建", -600, 120, None)]
    code, out, err = check("--lang", "en", file="rows.csv", content=table(*rows))
    assert (code, out) == (3, "")
    assert "rows.csv, column 总户数, row 3" in err
    rows = [*MANY[:2], ("乙", "北京市", "已建", 600, 120, None)]
    code, out, err = check("--lang", "en", file="rows.csv", content=table(*rows))
    assert (code, out) == (4, ""), "no half of an answer"
    assert "rows.csv, row 3" in err
    code, _, err = check(file="rows.csv", content=table(HEADERS))
    assert code == 3
    code, _, err = check(file="rows.csv", content=table((*HEADERS, "户数")))
    assert code == 3
    assert "户数" in err


def test_files_that_are_none(tmp_path, check, capsys):
    for name in ("absent.toml", "absent.csv", "scheme.docx"):
        assert run_command_line(["check", str(tmp_path / name)]) == 3
        assert name in capsys.readouterr().err
    (tmp_path / "folder.toml").mkdir()
    assert run_command_line(["check", str(tmp_path / "folder.toml")]) == 3
    assert check("--date", "2019/01/01", place="郑州市")[0] == 2
    assert check("--place", "火星", households=1)[0] == 4
    assert check("--standards", "mars-1", households=1)[0] == 4


def test_five_thousand_rows_take_seconds(check):
    row = ("甲", "郑州市", "新建", 1250, 375, 1)
    code, out, _ = check("--json", file="rows.csv", content=table(HEADERS, *[row] * 5000))
    assert code == 0
    assert len(json.loads(out)) == 5000


@pytest.mark.parametrize(
    ("date", "adopted"), [(None, "ZZ02a"), ("2022-09-30", "ZZ02a"), ("2022-10-01", "HN01")]
)
def test_documents_above_the_place_only_where_a_date_says_that_they_hold(
    tmp_path, capsys, date, adopted
):
    sheet = tmp_path / "a.toml"
    sheet.write_text(
        'place = "郑州市"\nstatus = "new"\nhouseholds = 1250\nelder_floor_area_m2 = 375\n',
        encoding="utf-8",
    )
    dated = [] if date is None else ["--date", date]
    assert run_command_line(["check", str(sheet), "--json", *dated]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    found = {item["clause_id"]: item for item in answer["findings"]}
    assert found[adopted]["required"] == 375


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("option", ["--template", "--font"])
def test_an_option_that_would_do_nothing_is_refused(check, option, lang):
    code, out, err = check(option, "a.docx", "--lang", lang, place="郑州市", households=100)
    assert (code, out) == (2, "")
    assert option in err
    assert "--out" in err


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ("很多,30", "100,30", "百来户,30"),
            ("不是非负整数：很多、百来户", "总户数", "第 2, 4 行"),
        ),
        (
            ("很多,30", "100,30", "100,大概"),
            ("2 行的单元格不能读取", "总户数 很多、养老服务用房建筑面积 大概", "第 2, 4 行"),
        ),
    ],
)
def test_every_row_that_cannot_be_read_is_named_at_once(check, rows, said):
    lines = ["项目名称,地区,建设状态,总户数,养老服务用房建筑面积"]
    lines += [f"{n},郑州市,新建,{row}" for n, row in enumerate(rows)]
    code, out, err = check(file="a.csv", content="\n".join(lines) + "\n")
    assert (code, out) == (3, "")
    for part in said:
        assert part in err
    assert len(err.splitlines()) == 2

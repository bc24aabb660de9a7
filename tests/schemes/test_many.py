"""Many schemes: a folder, an Excel of many, the rates, decisions beside the verdicts."""

import io
import json
import re
from pathlib import Path

import openpyxl
import pytest
from campaign import examples

from facilityplan.cli import run_command_line
from facilityplan.schemes.fields import PHASE_FIELDS, SCHEME_FIELDS


@pytest.fixture
def run(capsys):
    """Return what runs the command line: exit code, output, errors."""

    def call(*arguments):
        code = run_command_line([str(item) for item in arguments])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.err
        return code, shown.out, shown.err

    return call


def sheet(folder, name, place, status, households, area, **more):
    fields = {"name": name, "place": place, "status": status, "households": households,
              "elder_floor_area_m2": area, **more}  # fmt: skip
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in fields.items())
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")


# Approved from 2022-08-15 on and new: 甲 keeps 30 (30 required), 乙 misses 60 by 1, 丁 has no area.
# 丙 is existing, 戊 was approved the day before: neither counts. 己 has no date: it may not count.
FOLDER = (
    ("甲", "new", 100, 30, "2022-08-15"),
    ("乙", "new", 200, 59, "2023-01-01"),
    ("丙", "existing", 100, 20, "2023-01-01"),
    ("丁", "new", 100, "", "2023-01-01"),
    ("戊", "new", 100, 0, "2022-08-14"),
    ("己", "new", 100, 30, ""),
)


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "方案"
    place.mkdir()
    for name, status, households, area, approved in FOLDER:
        sheet(place, name, "许昌市", status, households, area, approved=approved)
    (place / "~$甲.xlsx").write_bytes(b"locked")
    (place / "说明.txt").write_text("说明", encoding="utf-8")
    return place


def test_a_folder_gives_a_table_and_the_rates(run, folder):
    code, out, _ = run("check", folder, "--date", "2022-09-01")
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "审查基准日：2022-09-01"
    assert "共 6 个项目：符合 3，不符合 2，不能判定 1" in lines[1]
    assert "50.0%—66.7%" in lines[1]
    # Surely meant: 甲 kept, 乙 missed, 丁 unknown; 己 (kept) may be meant.
    # Least: 1 of 3 (丁 misses, 己 out); most: 3 of 4 (丁 keeps, 己 in).
    assert "XC04a" in lines[2]
    assert "33.3%—75.0%（计入 4 个，达标 1，不能判定 2），要求 >= 100%：不符合" in lines[2]
    rows = [line.split("\t") for line in lines[3:]]
    assert [row[:2] for row in rows] == [
        ["不符合", "乙"],
        ["不符合", "戊"],
        ["不能判定", "丁"],
        ["符合", "丙"],
        ["符合", "己"],
        ["符合", "甲"],
    ]
    assert "XC02" in rows[0][3]


def test_the_rate_where_all_comply(run, tmp_path):
    place = tmp_path / "全"
    place.mkdir()
    for name in ("甲", "乙"):
        sheet(place, name, "许昌市", "new", 100, 30, approved="2023-01-01")
    code, out, _ = run("check", place, "--date", "2022-09-01")
    assert code == 0
    assert "100.0%（计入 2 个，达标 2，不能判定 0），要求 >= 100%：符合" in out


def test_an_empty_folder_is_refused(run, tmp_path):
    code, out, err = run("check", tmp_path)
    assert (code, out) == (3, "")
    assert "facilityplan init-scheme" in err


def write_rows(path, count):
    """Write schemes with two phases each; each seventh lacks a square metre, each ninth its area."""
    book = openpyxl.Workbook()
    rows, below = book.active, book.create_sheet("分期")
    rows.title = "项目"
    rows.append([field.words[0] for field in SCHEME_FIELDS])
    below.append([field.words[0] for field in PHASE_FIELDS])
    answers = {}
    for number in range(count):
        households, name = 100 + number, f"项目{number:04d}"
        area = households * 3 / 10 - (number % 7 == 0)
        given = {"name": name, "place": ("郑州市", "许昌市")[number % 2], "status": "新建",
                 "households": f"{households}户"}  # fmt: skip
        rows.append([given.get(field.name) for field in SCHEME_FIELDS])
        first = households // 2
        parts = (first, first * 3 / 10), (households - first, area - first * 3 / 10)
        for phase, (own, own_area) in enumerate(parts, start=1):
            shown = None if number % 9 == 0 else own_area
            below.append([name, f"{phase}期", own, None, shown])
        outcome = "符合" if number % 7 else "不符合"
        answers[name] = (households, "不能判定" if number % 9 == 0 else outcome)
    book.save(path)
    return answers


def test_many_in_one_excel(run, tmp_path):
    """One row each, failures first, then undecided ones.

    Areas are differences of binary fractions, as a sheet's own sums are: 63.9 - 31.8 is 32.1.
    """
    count = examples(120)  # above a hundred only the register is written
    answers = write_rows(tmp_path / "many.xlsx", count)
    out = tmp_path / "out"
    code, _, _ = run("check", tmp_path / "many.xlsx", "--date", "2022-09-01", "--out", out)
    assert code == 1
    page = openpyxl.load_workbook(out / "register.xlsx").worksheets[0]
    table = [[cell.value for cell in row] for row in page.iter_rows(min_row=4)]
    assert len(table) == count
    assert {row[1]: (row[3], row[2]) for row in table} == answers
    rank = {"不符合": 0, "不能判定": 1, "符合": 2}
    order = [rank[row[2]] for row in table]
    assert order == sorted(order)
    assert {0, 1, 2} == set(order)
    failing = sum(outcome == "不符合" for _, outcome in answers.values())
    assert f"不符合 {failing}" in page["A2"].value


DECISION = """
[["认定"]]
"项目" = "乙"
"条款" = "XC02"
"认定" = "同意按59平方米配建"
"认定人" = "张工"
"日期" = 2023-02-01
"理由" = "差1平方米，由相邻社区用房补足"
"文号" = "许规函〔2023〕5号"
"""


@pytest.fixture
def decided(tmp_path):
    path = tmp_path / "认定.toml"
    path.write_text(DECISION, encoding="utf-8")
    return path


def test_a_decision_stands_beside_the_verdict(run, folder, decided, tmp_path):
    call = ("check", folder / "乙.toml", "--date", "2022-09-01", "--decisions", decided)
    plain = run(*call[:-2])
    code, out, _ = run(*call)
    assert code == plain[0] == 1
    said = "人工认定：同意按59平方米配建（张工，2023-02-01，许规函〔2023〕5号）"
    assert said in out
    # Nothing of what was computed is changed: the output is the same but for the decision.
    assert [line for line in out.splitlines() if said not in line] == plain[1].splitlines()
    _, out, _ = run(*call, "--json")
    (answer,) = json.loads(out)
    finding = next(item for item in answer["findings"] if item["clause_id"] == "XC02")
    assert (finding["verdict"], finding["margin"]) == ("non_compliant", -1)
    assert answer["outcome"] == "fails"
    assert answer["decisions"][0]["by"] == "张工"
    run(*call, "--out", tmp_path / "out")
    book = openpyxl.load_workbook(tmp_path / "out" / "001_乙.xlsx", data_only=True)
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    (row,) = [row for row in rows if row[1] == "XC02"]
    assert row[10] == "不符合"
    assert row[-1].startswith(said)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"项目" = "乙"', '"项目" = "丑"', "丑"),
        ('"条款" = "XC02"', '"条款" = "ZZ02a"', "ZZ02a"),
        ('"认定人" = "张工"', "", "认定人"),
        ('"文号" = "许规函〔2023〕5号"', "", "文号"),
        ('"理由" = "差1平方米，由相邻社区用房补足"', "", "理由"),
        ('"日期" = 2023-02-01', "", "日期"),
        ('"日期" = 2023-02-01', '"日期" = "下周"', "下周"),
        ('"理由"', '"依据" = "会议纪要"\n"理由"', "依据"),
        ('"认定人" = "张工"', '"认定人" = "张工"\nby = "李工"', "认定人"),
        ('[["认定"]]', "[[decisions]]", "decisions"),
        ('[["认定"]]', 'version = 1\n[["认定"]]', "version"),
        ('[["认定"]]', 'decision = []\n[["认定"]]', "认定"),
        (DECISION, "# 还没有", "[[decision]]"),
    ],
)
def test_decisions_on_nothing_or_without_a_reason_are_refused(
    run, folder, decided, old, new, named
):
    assert old in DECISION
    decided.write_text(DECISION.replace(old, new), encoding="utf-8")
    code, out, err = run("check", folder, "--decisions", decided)
    assert (code, out) == (3, "")
    assert named in err
    assert "认定.toml" in err


# Planned households 600. Zhengzhou from 2022-10-01: the regulation's 30 x 600 / 100 = 180.
CONDITIONS = [
    ("郑州市", [], ["ZZ02a", "ZZ02b", "ZZ03", "ZZ05a"], "不少于 180 ㎡"),
    ("郑州市", ["--date", "2023-01-01"], ["HN01", "ZZ02b", "ZZ03", "ZZ05a"], "不少于 180 ㎡"),
    ("济源市", ["--date", "2020-01-01"], ["JY03", "JY07", "JY04"], "面积不小于 200 ㎡"),
    ("许昌市", [], ["XC02", "XC05a", "XC05b"], "不少于 180 ㎡"),
    ("泾源县", [], ["JG01c", "JG01a"], "没有给出面积标准"),
]


@pytest.fixture
def plot(tmp_path):
    path = tmp_path / "地块.toml"
    path.write_text('"项目名称" = "七号地"\n"规划户数" = 600\n', encoding="utf-8")
    return path


@pytest.mark.parametrize(("place", "date", "clauses", "said"), CONDITIONS)
def test_conditions_before_the_land_is_sold(run, plot, place, date, clauses, said):
    # Without a floor area the conditions are not whole.
    expected = 1 if place == "泾源县" else 0
    code, out, _ = run("conditions", plot, "--place", place, *date, "--json")
    assert code == expected
    (answer,) = json.loads(out)
    assert answer["plot"] == "七号地"
    assert [item["clause"] for item in answer["conditions"]] == clauses
    assert all(item["citation"]["quote"] for item in answer["conditions"])
    code, out, _ = run("conditions", plot, "--place", place, *date)
    lines = out.splitlines()
    assert (code, len(lines)) == (expected, len(clauses) + 1)
    assert lines[0].endswith("七号地")
    assert said in out
    assert all("依据：" in line for line in lines[1:])


def test_conditions_as_text_word_and_excel_say_the_same(run, plot, tmp_path):
    import docx

    call = ("conditions", plot, "--place", "郑州市", "--date", "2023-01-01")
    lines = run(*call)[1].splitlines()
    made = {}
    for ending in ("txt", "docx", "xlsx"):
        path = tmp_path / f"条件.{ending}"
        assert run(*call, "--out", path)[0] == 0
        made[ending] = path.read_bytes()
        path.unlink()
        run(*call, "--out", path)
        assert path.read_bytes() == made[ending]
    assert made["txt"].decode("utf-8-sig").splitlines() == lines
    document = docx.Document(io.BytesIO(made["docx"]))
    assert [item.text for item in document.paragraphs if item.text] == lines
    page = openpyxl.load_workbook(io.BytesIO(made["xlsx"])).worksheets[0]
    head, *numbered = lines
    title, _, *rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert title[0] == head
    assert len(rows) == len(numbered)
    for row, line in zip(rows, numbered, strict=True):
        number, wording, _, _, quote, *_ = row
        assert line.startswith(f"{number}. {wording}")
        assert quote in line
    code, _, err = run(*call, "--out", tmp_path / "条件.pdf")
    assert code != 0
    assert ".docx" in err


def test_conditions_need_the_planned_households(run, tmp_path):
    path = tmp_path / "地块.toml"
    path.write_text('"项目名称" = "八号地"\n', encoding="utf-8")
    code, out, err = run("conditions", path, "--place", "郑州市")
    assert (code, out) == (3, "")
    assert re.search("规划户数", err)


def test_conditions_where_no_document_gives_a_number(run, plot, tmp_path):
    code, out, _ = run("conditions", plot, "--place", "长治市")
    assert code == 1
    assert out.splitlines()[1].startswith("当地文件没有给出面积标准")
    _, out, _ = run("conditions", plot, "--place", "长治市", "--json")
    assert json.loads(out)[0]["missing"] == ["floor_area"]
    rule = Path(__file__).parent / "local_rule.toml"
    code, out, _ = run("conditions", plot, "--standards", rule)
    assert code == 0
    # 600 x 30 / 100.
    assert "不少于 180 ㎡" in out.splitlines()[1]
    assert "不得设在地下" in out
    assert "没有给出面积标准" not in out


def test_a_decision_on_a_name_that_two_schemes_have_is_refused(run, decided, tmp_path):
    """Nobody could say whose decision it is."""
    table = (
        "项目名称,地区,建设状态,总户数,养老用房面积\n乙,许昌市,新建,200,59\n乙,许昌市,新建,100,30\n"
    )
    (tmp_path / "两个.csv").write_text(table, encoding="utf-8")
    call = ("check", tmp_path / "两个.csv", "--date", "2022-09-01", "--decisions", decided)
    code, out, err = run(*call)
    assert (code, out) == (3, "")
    assert "“乙”不止一个" in err


def test_conditions_say_whether_each_clause_holds_and_whether_its_text_was_at_hand(run, plot):
    """Zhengzhou's plan ended with 2020; of Henan's regulation only an extract is at hand."""
    _, out, _ = run("conditions", plot, "--place", "郑州市", "--date", "2023-01-01")
    _, first, *others = out.splitlines()
    assert first.endswith("，有效；手头没有原文，引文待核）")
    assert others
    assert all(line.endswith("，文件期限已过，效力待确认）") for line in others)
    _, out, _ = run("conditions", plot, "--place", "郑州市", "--date", "2019-01-01")
    assert all(line.endswith("，有效）") for line in out.splitlines()[1:])
    _, out, _ = run("conditions", plot, "--place", "郑州市")
    assert all(line.endswith("，未写明判定日期，效力未核）") for line in out.splitlines()[1:])


def test_a_quote_that_nobody_could_check_is_said_to_be_one_in_every_review_paper(run, tmp_path):
    """Of Henan's regulation (HN01) only an extract is at hand; of Zhengzhou's rules the text is."""
    import docx

    sheet(tmp_path, "甲", "郑州市", "new", 100, 30)
    call = ("check", tmp_path / "甲.toml", "--date", "2023-01-01", "--out", tmp_path / "out")
    _, out, _ = run(*call)
    unchecked = "引文待核"
    quotes = [line for line in out.splitlines() if "依据 " in line]
    assert [unchecked in line for line in quotes] == ["河南省" in line for line in quotes]
    document = docx.Document(str(tmp_path / "out" / "001_甲.docx"))
    rows = [row.cells for table in document.tables for row in table.rows if len(row.cells) == 7]
    cited = {row[1].text.split()[0]: row[6].text for row in rows}
    page = openpyxl.load_workbook(tmp_path / "out" / "001_甲.xlsx").worksheets[0]
    in_sheet = {row[1].value: row[15].value for row in page.iter_rows(min_row=7)}
    for shown in (cited, in_sheet):
        assert unchecked in shown["HN01"]
        assert unchecked not in shown["ZZ03"]


def test_the_register_tells_the_conclusion_from_the_verdict_on_floor_area(run, folder, tmp_path):
    run("check", folder, "--out", tmp_path / "out")
    page = openpyxl.load_workbook(tmp_path / "out" / "register.xlsx").worksheets[0]
    heads = [cell.value for cell in page[3]]
    assert len(set(heads)) == len(heads)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_decisions_that_the_readme_shows_are_read(run, tmp_path, page):
    text = Path(page).read_text(encoding="utf-8")
    (example,) = [
        block
        for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
        if block.startswith(("[[decision]]", '[["认定"]]'))
    ]
    (tmp_path / "认定.toml").write_text(example, encoding="utf-8")
    sheet(tmp_path, "锦绣花园", "郑州市", "new", 1250, 360)
    call = ("check", tmp_path / "锦绣花园.toml", "--decisions", tmp_path / "认定.toml")
    code, out, err = run(*call)
    assert (code, err) == (1, "")
    assert "（张工，2026-06-30，郑规函〔2026〕5号）" in out


def test_a_decision_on_one_phase_stands_beside_that_phase(run, tmp_path):
    (tmp_path / "甲.toml").write_text(
        'name = "甲"\nplace = "郑州市"\nstatus = "new"\n'
        + "".join(
            f'[[phase]]\nphase = "{name}"\nhouseholds = 100\nelder_floor_area_m2 = 30\n'
            f"planned_dwellings = 2023-01-01\nplanned_premises = 2023-01-0{day}\n"
            for name, day in (("一期", 2), ("二期", 1))
        ),
        encoding="utf-8",
    )
    decided = tmp_path / "认定.toml"
    text = (
        '[["认定"]]\n"项目" = "甲"\n"条款" = "ZZ03"\n"认定" = "同意一期顺延"\n"认定人" = "张工"\n'
        '"日期" = 2026-06-30\n"理由" = "雨季"\n"文号" = "郑规函〔2026〕5号"\n"分期" = "一期"\n'
    )
    decided.write_text(text, encoding="utf-8")
    code, out, _ = run("check", tmp_path / "甲.toml", "--decisions", decided)
    assert code == 1
    first, second = out.split("甲 二期")
    assert "同意一期顺延" in first
    assert "同意一期顺延" not in second
    decided.write_text(text.replace('"分期" = "一期"', '"分期" = "三期"'), encoding="utf-8")
    code, out, err = run("check", tmp_path / "甲.toml", "--decisions", decided)
    assert (code, out) == (3, "")
    assert "甲/ZZ03/三期" in err
    decided.write_text(text.replace('"分期" = "一期"', '"分期" = ""'), encoding="utf-8")
    code, out, err = run("check", tmp_path / "甲.toml", "--decisions", decided)
    assert (code, out) == (3, "")
    assert "分期" in err

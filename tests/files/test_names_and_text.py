"""Names that every system takes, and text that is nothing but text wherever it lands."""

import html
import html.parser
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facilityplan import files

HOSTILE = [
    "",
    " ",
    ".",
    "..",
    "...",
    "../..",
    "../../etc/passwd",
    "..\\..\\windows\\system32",
    "/etc/passwd",
    "//server/share",
    "\\\\server\\share",
    "C:\\boot.ini",
    "C:",
    "a:b",
    "file:///etc/passwd",
    "a\x00b",
    "\x00",
    "a\nb",
    "a\r\nb",
    "a\tb",
    "\x1b[31mred",
    "\x7f",
    "a\u202egpj.exe",
    "\u200b",
    "\ufeff甲",
    "\u2028",
    "\ud800",
    "a\udfffb",
    "CON",
    "con",
    "Con.txt",
    "PRN",
    "AUX.json",
    "NUL",
    "nul.tar.gz",
    "COM1",
    "com9.log",
    "LPT1",
    "lpt9",
    "CON.",
    "CON ",
    "甲.",
    "甲 ",
    " 甲",
    ".甲",
    "甲...",
    "甲. . .",
    "a<b>c",
    'a"b',
    "a|b",
    "a?b*c",
    "~",
    "-rf",
    "$(rm -rf)",
    "`id`",
    "a;b&c",
    "%2e%2e%2f",
    "长" * 200,
    "a" * 300,
    "🏘️" * 60,
    "e\u0301" * 100,
    "\u0301" * 100,
    "郑州市金水区．养老服务（2026）",
    "a/b/c",
]


def check_name(name, limit=80):
    assert name
    assert name == files.safe_name(name)
    assert len(name.encode("utf-8")) <= limit + 1
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f\x7f]', name)
    assert name not in {".", ".."}
    assert name[-1] not in " ."
    assert name[0] not in " ."
    stem = name.split(".")[0].rstrip(" ").upper()
    assert stem not in {"CON", "PRN", "AUX", "NUL"}
    assert not re.fullmatch(r"(COM|LPT)[1-9]", stem)


def test_there_are_sixty():
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name, tmp_path):
    safe = files.safe_name(name)
    check_name(safe)
    path = tmp_path / safe
    files.write_bytes(path, b"x")
    assert [item.name for item in tmp_path.iterdir()] == [safe]


def test_plain_names_stay_as_they_are():
    for name in ("示范市.html", "findings.xlsx", "甲-乙_丙 (2026)", "郑州市　金水区"):
        assert files.safe_name(name) == name


@given(st.text())
def test_any_name(name):
    check_name(files.safe_name(name))


TEXTS = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)//",
    "<!--<script>",
    "]]>",
    '"onmouseover="alert(1)',
    "' onload='x",
    "`${alert(1)}`",
    "${alert(1)}",
    "{{7*7}}",
    "{% raw %}",
    "\\u003cscript\\u003e",
    "\\",
    "a\u2028b\u2029c",
    "&lt;b&gt;",
    "&#60;",
    "\x00",
    "javascript:alert(1)",
    "</ScRiPt >",
    "甲乙丙",
]


class Reader(html.parser.HTMLParser):
    """Collects what a browser would see: elements and text."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.attributes = [], "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.extend(attrs)

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("value", TEXTS)
def test_html_shows_the_text_and_nothing_else(value):
    inert = files.escape_html(value)
    assert html.unescape(inert) == html.unescape(html.escape(value))
    reader = Reader()
    reader.feed(f"<p title='{inert}' id=\"{inert}\">{inert}</p>")
    reader.close()
    assert reader.tags == ["p"]
    assert [name for name, _ in reader.attributes] == ["title", "id"]
    assert not set("`${}\\<>\"'") & set(inert.replace("&#36;", "").replace("&#123;", ""))


@given(st.text() | st.integers() | st.none() | st.floats())
def test_html_of_anything(value):
    inert = files.escape_html(value)
    assert not set("<>\"'`${}\\") & set(inert)
    assert inert.replace("&#", "").count("&") == len(re.findall(r"&(amp|lt|gt|quot);", inert))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_script_json_round_trip(value):
    inert = files.script_json(value)
    assert not set("<>&\u2028\u2029") & set(inert)
    assert json.loads(inert) == value


@pytest.mark.parametrize("value", TEXTS)
def test_script_json_stays_inside_its_element(value):
    inert = files.script_json({value: [value]})
    assert json.loads(inert) == {value: [value]}
    reader = Reader()
    reader.feed(f"<script>var x = {inert};</script><i>")
    assert reader.tags == ["script", "i"]


@pytest.mark.parametrize("first", list("=+-@\t\r"))
def test_no_formula_in_a_cell(first):
    value = f"{first}HYPERLINK(1)"
    assert files.inert_cell(value) == f"'{value}"


@pytest.mark.parametrize("value", ["", "甲", "a=b", "1-2", "'=1", " 甲", "<b>"])
def test_plain_cells_stay(value):
    assert files.inert_cell(value) == value


@pytest.mark.parametrize("name", ["CON .txt", "COM¹", "CONIN$", "lpt³.log"])
def test_names_that_windows_keeps_for_itself_in_disguise(name):
    assert files.safe_name(name).startswith("_")


@pytest.mark.parametrize("text", ["\n=1", "＝1+1", "＋1", "－2", "＠SUM"])
def test_disguised_formulas_are_inert(text):
    assert files.inert_cell(text) == f"'{text}"


def test_half_a_surrogate_pair_can_be_written():
    for said in (files.script_json("\ud800x"), files.canonical_json("\ud800x")):
        assert "\\ud800x" in said.encode("utf-8").decode("utf-8")

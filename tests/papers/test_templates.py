"""A bureau's own template: documented fields are filled, others named, broken files refused."""

import io
import re
import zipfile
from pathlib import Path

import docx
import pytest
from docx import Document

from facilityplan.cli import run_command_line
from facilityplan.report.scheme_words import review_fields
from facilityplan.schemes import review_scheme
from facilityplan.schemes.sheet import _from_toml
from facilityplan.standards import documents_of_place, resolve

DOCUMENTED = Path("docs/review_template_fields.md")
SHEET = """\
name = "锦绣花园"
place = "郑州市"
status = "new"
developer = "某某公司"
households = 1250
elder_floor_area_m2 = 360
"""


@pytest.fixture
def check(tmp_path, capsys):
    """Check the scheme with a template of the given paragraphs (or file); code, errors, folder."""
    (tmp_path / "a.toml").write_text(SHEET, encoding="utf-8")

    def run(*paragraphs, file="own.docx", lang="zh", prepare=None):
        if prepare is not None:
            prepare(tmp_path / file)
        elif paragraphs:
            document = docx.Document()
            for text in paragraphs:
                document.add_paragraph(text)
            document.save(tmp_path / file)
        out = tmp_path / "out"
        code = run_command_line(
            ["check", str(tmp_path / "a.toml"), "--out", str(out), "--lang", lang,
             "--template", str(tmp_path / file)]
        )  # fmt: skip
        said = capsys.readouterr().err
        assert "Traceback" not in said
        return code, said, out

    return run


def documented():
    """The fields that the page for bureaus lists, as it writes them."""
    return re.findall(r"^\| `([a-z_0-9.]+)`", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE)


def real_fields():
    held = resolve([d for d in documents_of_place("郑州市") if d.place == "郑州市"], None)
    sheet = {"name": "甲", "place": "郑州市", "status": "new", "households": 100,
             "elder_floor_area_m2": 30,
             "phase": [{"households": 100, "elder_floor_area_m2": 30}]}  # fmt: skip
    fields = review_fields(review_scheme(_from_toml(sheet, "a.toml", 1), held), [], "zh")
    found = set()
    for name, value in fields.items():
        rows = value if isinstance(value, list) else [value]
        parts = [f"{name}.{part}" for row in rows if isinstance(row, dict) for part in row]
        found |= {name, *parts}
    return found


def test_the_page_lists_every_field_and_no_other():
    assert set(documented()) == real_fields()
    assert len(documented()) == len(set(documented()))


def test_every_documented_field_is_filled(check):
    loops = {"basic", "clauses", "phases"}
    lists = {"documents", "remarks", "streets", "decisions"}
    lines = []
    for name in documented():
        head, _, part = name.partition(".")
        if head in loops and part:
            lines.append(f"[{name}] {{% for item in {head} %}}{{{{ item.{part} }}}}{{% endfor %}}")
        elif head in lists:
            lines.append(f"[{name}] {{% for item in {head} %}}{{{{ item }}}}{{% endfor %}}")
        elif head not in loops and name != "field":
            lines.append(f"[{name}] {{{{ {name} }}}}")
    code, said, out = check(*lines)
    assert (code, said) == (1, "")  # the scheme misses its floor area
    (made,) = out.glob("*.docx")
    text = "\n".join(p.text for p in Document(str(made)).paragraphs)
    assert "{{" not in text
    assert "{%" not in text
    filled = dict(re.findall(r"^\[([a-z_0-9.]+)\] (.*)$", text, re.MULTILINE))
    assert filled["name"] == "锦绣花园"
    assert filled["field.developer"] == "某某公司"
    assert filled["field.households"] == "1250"
    assert filled["field.green_ratio"] == "—"
    assert "≥ 375 ㎡" in filled["clauses.required"]
    assert "不符合" in filled["clauses.verdict"]
    assert "郑政〔2018〕34号" in filled["documents"]
    assert "不符合" in filled["outcome"]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_unknown_fields_are_named_in_one_message_and_nothing_is_written(check, lang):
    code, said, out = check("{{ name }} {{ boss }}", "{{ chief_of_all }}", lang=lang)
    assert code == 3
    assert "boss" in said
    assert "chief_of_all" in said
    assert "own.docx" in said
    assert "conclusion" in said, "what there is, is listed"
    assert len(said.splitlines()) == 2
    assert not out.exists()


def test_an_unknown_part_of_a_row_is_named(check):
    code, said, out = check("{% for item in clauses %}{{ item.nonsense }}{% endfor %}")
    assert (code, out.exists()) == (3, False)
    assert "nonsense" in said
    code, said, out = check("{{ field.nonsense }}")
    assert (code, out.exists()) == (3, False)
    assert "nonsense" in said


def text_file(path):
    path.write_text("kein Word", encoding="utf-8")


def empty_file(path):
    path.write_bytes(b"")


def half_a_file(path):
    docx.Document().save(path)
    path.write_bytes(path.read_bytes()[:8000])


def no_document(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "a")


def a_workbook(path):
    import openpyxl

    openpyxl.Workbook().save(path)


def rewritten(path, change):
    stream = io.BytesIO()
    docx.Document().save(stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            target.writestr(*change(name, source.read(name)))


def broken_xml(path):
    rewritten(path, lambda name, data: (name, data[:400] if name == "word/document.xml" else data))


def no_types(path):
    rewritten(path, lambda name, data: (name.replace("[Content_Types]", "types"), data))


def with_macro(path):
    rewritten(path, lambda name, data: (name, data))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/vbaProject.bin", b"x")


def a_folder(path):
    path.mkdir()


BROKEN = [text_file, empty_file, half_a_file, no_document, a_workbook, broken_xml, no_types,
          with_macro, a_folder]  # fmt: skip


@pytest.mark.parametrize("prepare", BROKEN, ids=lambda made: made.__name__)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_broken_template_is_refused_in_words(check, prepare, lang):
    code, said, out = check(prepare=prepare, lang=lang)
    assert code == 3
    assert "own.docx" in said
    assert len(said.splitlines()) == 2
    assert not out.exists()


BAD = ["{{ name", "{% for item in clauses %}", "{% endfor %}", "{{ name | nosuchfilter }}",
       "{{ 1 / 0 }}", "{% include 'x' %}", "{{ name() }}", "{{ ''.__class__.__mro__ }}",
       "{% set name = name.__init__.__globals__ %}{{ name }}", "{{ 'a' * 10**10 }}"]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_a_template_that_does_not_hold_together_is_refused_in_words(check, text):
    code, said, out = check(text)
    assert code == 3
    assert len(said.splitlines()) == 2
    assert not out.exists()


def test_no_such_template(check):
    code, said, out = check(file="absent.docx")
    assert (code, out.exists()) == (3, False)
    assert "absent.docx" in said


def test_a_template_without_any_field_is_filled_with_nothing(check):
    code, _said, out = check("没有字段的表")
    assert code == 1
    (made,) = out.glob("*.docx")
    assert [p.text for p in Document(str(made)).paragraphs] == ["没有字段的表"]

"""``facilityplan standards list`` and ``show``."""

import json

import pytest

from facilityplan import standards
from facilityplan.cli import run_command_line


def all_clauses():
    return [c for name in standards.document_files() for c in standards.load(name).clauses]


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_list_has_every_clause_on_a_line(capsys, lang):
    assert run_command_line(["standards", "list", "--lang", lang]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [clause.id for clause in all_clauses()]
    title = {"zh": "title", "en": "title_en"}[lang]
    for line, clause in zip(lines, all_clauses(), strict=True):
        assert getattr(clause, title) in line
        assert clause.document_number in line


def test_list_can_be_narrowed(capsys):
    words = ["standards", "list", "--json", "--document", "zhengzhou-2018-34"]
    assert run_command_line([*words, "--measure", "service_radius"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == ["ZZ05a", "ZZ05b"]
    assert {row["document"] for row in rows} == {"zhengzhou-2018-34"}


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["list", "--document", "mars-1"], "zhengzhou-2018-34"),
        (["list", "--measure", "beauty"], "service_radius"),
        (["show", "ZZ99"], "standards list"),
        (["show", "../x"], "standards list"),
        (["show", ""], "standards list"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_unknown_is_4(capsys, arguments, known, lang):
    assert run_command_line(["standards", *arguments, "--lang", lang]) == 4
    shown = capsys.readouterr()
    assert shown.out == ""
    assert known in shown.err
    assert len(shown.err.splitlines()) == 2


def all_groups():
    found = {}
    for clause in all_clauses():
        found.setdefault(clause.group, []).append(clause)
    return list(found.values())


@pytest.mark.parametrize("clauses", all_groups(), ids=lambda clauses: clauses[0].group)
def test_show_says_all_of_a_clause(capsys, clauses):
    pages = {}
    for lang in ("zh", "en"):
        assert run_command_line(["standards", "show", clauses[0].group, "--lang", lang]) == 0
        pages[lang] = capsys.readouterr().out.split("\n\n")[:-1]
        assert len(pages[lang]) == len(clauses)
    for place, clause in enumerate(clauses):
        for lang, title in (("zh", clause.title), ("en", clause.title_en)):
            out = pages[lang][place]
            for word in (clause.id, title, clause.quote, clause.number, clause.document_number):
                assert word in out
            for name in clause.ambiguity:
                assert name in out
            for reading in clause.readings.values():
                answers = dict.fromkeys((reading.default, *reading.options))
                assert f"({' | '.join(answers)})" in out


def test_show_a_group_as_json(capsys):
    assert run_command_line(["standards", "show", "ZZ04", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["id"] for row in rows] == ["ZZ04a", "ZZ04b"]
    assert rows[1]["value"] == 200
    assert rows[1]["readings"]["floor_200"]["default"] == "every_estate"

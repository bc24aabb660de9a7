"""The committed pages are those that the documents and their cases make."""

import importlib.util
from pathlib import Path

import pytest

from facilityplan import standards

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def maker():
    spec = importlib.util.spec_from_file_location(
        "make_clause_pages", DOCS / "make_clause_pages.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_pages_are_up_to_date(maker):
    folder = DOCS / "clauses"
    there = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*.md")
    }
    made = maker.pages()
    assert sorted(there) == sorted(made)
    stale = [name for name, text in made.items() if there[name] != text]
    assert stale == [], "run: python docs/make_clause_pages.py"


def test_every_measure_is_explained(maker):
    assert set(maker.MEASURED) == set(standards.measures())


def test_every_group_has_a_page_that_quotes_it(maker):
    made = maker.pages()
    for name in standards.document_files():
        for clause in standards.load(name).clauses:
            page = made[f"{name}/{clause.group}.md"]
            assert clause.quote in page
            assert f"## {clause.id} " in page
            for item in clause.ambiguity:
                assert item in page
    assert "../README.md" in made["zhengzhou-2018-34/ZZ05.md"]


def test_a_page_shows_its_worked_cases(maker):
    assert "| 1000 |" in maker.pages()["zhengzhou-2018-34/ZZ05.md"]


def test_pages_that_are_no_more_go(maker, tmp_path):
    old = tmp_path / "pages" / "gone" / "XX01.md"
    old.parent.mkdir(parents=True)
    old.write_text("x", encoding="utf-8")
    assert maker.write(tmp_path / "pages") == len(maker.pages())
    assert not old.exists()

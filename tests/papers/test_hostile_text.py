"""Five hundred hostile texts through every paper: they arrive as text, and as nothing else."""

import datetime as dt
import io
import re
import zipfile
from xml.etree import ElementTree as ET

import openpyxl
import pytest
from docx import Document
from hostile_text import hostile_texts, visible
from office import convert, needs_office

from facilityplan import standards
from facilityplan.report.conditions_papers import (
    conditions_document,
    conditions_text,
    conditions_workbook,
)
from facilityplan.report.scheme_words import review_fields
from facilityplan.report.scheme_workbook import register_workbook, review_workbook
from facilityplan.report.word import fill
from facilityplan.schemes import review_scheme
from facilityplan.schemes.conditions import planning_conditions
from facilityplan.schemes.decisions import Decision
from facilityplan.schemes.sheet import _from_toml

TEXTS = hostile_texts()
BASIC = ("plot", "developer", "street", "community", "land_use", "conditions_number",
         "contract_number", "building", "daylight", "handover_to", "handover_document")  # fmt: skip
STAGES = ("planned", "built", "accepted", "delivered")
PER_PHASE = 1 + len(STAGES)
PER_DECISION = 4
CUT_AT = {".xlsx": 15_000, ".docx": 3_900}
"""A cell takes so much; a page so much, or LibreOffice lays it out for minutes."""


def dealt():
    """Deal the texts out over the fields of schemes, until none is left."""
    left = list(TEXTS)
    while left:
        take = iter(left[: 1 + len(BASIC) + 14 * PER_PHASE + 3 * PER_DECISION])
        sheet = {"place": "郑州市", "status": "new", "name": next(take, "甲")}
        sheet |= {field: next(take, "") for field in BASIC}
        phases = []
        for number in range(14):
            phase = {"phase": next(take, "") or f"第{number}期", "households": 100,
                     "elder_floor_area_m2": 30}  # fmt: skip
            for stage in STAGES:
                phase[f"{stage}_document"] = next(take, "")
                phase |= {f"{stage}_{of}": dt.date(2020, 1, 1) for of in ("dwellings", "premises")}
            phases.append(phase)
        decided = [[next(take, "无") for _ in range(PER_DECISION)] for _ in range(3)]
        yield {**sheet, "phase": phases}, decided
        left = left[1 + len(BASIC) + 14 * PER_PHASE + 3 * PER_DECISION :]


@pytest.fixture(scope="module")
def papers():
    """All papers, by name, with the texts that each must show."""
    held = standards.resolve(
        [d for d in standards.documents_of_place("郑州市") if d.place == "郑州市"], None
    )
    made, reviews, names = {}, [], []
    for at, (sheet, decided) in enumerate(dealt()):
        review = review_scheme(_from_toml(dict(sheet), "a.toml", 1), held)
        clause = review.findings[0].clause_id
        decisions = [
            Decision(review.scheme.name, clause, what, by, "2026-01-01", why, document)
            for what, by, why, document in decided
        ]
        basic = [sheet[field] for field in ("name", *BASIC)]
        phased = [
            p[k] for p in sheet["phase"] for k in ("phase", *[f"{s}_document" for s in STAGES])
        ]
        own = [*basic, *phased, *[text for row in decided for text in row]]
        for lang in ("zh", "en") if at == 0 else ("zh",):
            fields = review_fields(review, decisions, lang)
            made[f"review_{at}_{lang}.docx"] = fill(None, "review", fields, lang), own
            made[f"review_{at}_{lang}.xlsx"] = review_workbook(review, decisions, lang), own
        reviews.append(review)
        names.append(sheet["name"])
    made["register.xlsx"] = register_workbook(reviews, "zh"), names
    plots = []
    for text in TEXTS:
        sheet = {"name": text, "place": "郑州市", "households": 100}
        plot = _from_toml(sheet, "a.toml", 1)
        plots.append((plot, planning_conditions(plot, held)))
    made["conditions.docx"] = conditions_document(plots, "zh"), TEXTS
    made["conditions.xlsx"] = conditions_workbook(plots, "zh"), TEXTS
    assert conditions_text(plots, "zh").decode("utf-8-sig")
    return made


def parts(content, ending):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name.endswith(ending)}


def shown(name, content):
    """Return all text of a paper without blanks."""
    if name.endswith(".xlsx"):
        # By the standard's own rule for signs that XML cannot hold; openpyxl has another.
        (table,) = parts(content, "sharedStrings.xml").values()
        texts = [
            re.sub(
                "_x([0-9A-Fa-f]{4})_", lambda sign: chr(int(sign[1], 16)), "".join(node.itertext())
            )
            for node in ET.fromstring(table)
        ]
    else:
        texts = [
            "".join(node.itertext())
            for part in parts(content, "document.xml").values()
            for node in ET.fromstring(part).iter()
            if node.tag.endswith("}p")
        ]
    return visible("\n".join(texts))


def test_there_are_five_hundred_texts_and_all_are_dealt():
    assert len(set(TEXTS)) == 500
    seen = set()
    for sheet, decided in dealt():
        seen |= {sheet[field] for field in ("name", *BASIC)} | {t for row in decided for t in row}
        seen |= {value for p in sheet["phase"] for value in p.values() if isinstance(value, str)}
    assert not set(TEXTS) - seen


def test_every_text_arrives_readable(papers):
    lost = []
    for name, (content, texts) in papers.items():
        page = shown(name, content)
        lost += [
            (name, text[:60])
            for text in texts
            if visible(text)[: CUT_AT[".docx" if "conditions" in name else name[-5:]]] not in page
        ]
    assert not lost


def test_no_formula_is_made_of_a_text(papers):
    """What formulas there are hold our own words, cell names and figures, and nothing else."""
    allowed = re.compile(
        r'"[^"=]*"|" (?:㎡|m²) = "|\'[^\']*\'!|[A-Z$]+\d+|\$?[A-Z]+\$?\d+|[A-Z]+(?=\()|[\d.]+|[-+*/<>=(),:&]|TRUE'
    )
    ours = 0
    for name, (content, _) in papers.items():
        if not name.endswith(".xlsx"):
            continue
        for sheet in openpyxl.load_workbook(io.BytesIO(content)):
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.hyperlink is None
                    if cell.data_type == "f":
                        ours += 1
                        assert allowed.sub("", cell.value.removeprefix("=")).strip() == "", (
                            cell.value
                        )
    assert ours > 50


def test_no_macro_no_link_no_object_and_sound_xml(papers):
    for name, (content, _) in papers.items():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None
            entries = archive.namelist()
        assert not [
            e for e in entries if re.search(r"vba|externalLink|embeddings|ActiveX|oleObject", e)
        ]
        for part, text in (parts(content, ".xml") | parts(content, ".rels")).items():
            ET.fromstring(text)
            assert b'TargetMode="External"' not in text, (name, part)
            assert b"<!DOCTYPE" not in text, (name, part)
            assert not re.search(rb"<w:instrText[^>]*>(?!PAGE<)", text), (name, part)


def test_word_reads_its_own(papers):
    for name, (content, _) in papers.items():
        if name.endswith(".docx"):
            assert Document(io.BytesIO(content)).paragraphs


@needs_office
def test_the_office_opens_and_prints_them(papers, tmp_path):
    files = []
    for name in ("review_0_zh.docx", "review_0_zh.xlsx", "register.xlsx"):
        files.append(tmp_path / name.replace(".", f"_{len(files)}."))
        files[-1].write_bytes(papers[name][0])
    for printed in convert(files, "pdf", tmp_path):
        assert printed.read_bytes().startswith(b"%PDF")
        assert printed.stat().st_size > 10_000

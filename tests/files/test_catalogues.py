"""Both languages say the same things, and every message that the code names is there."""

import ast
import inspect
import pickle
import re
from pathlib import Path

import pytest

import facilityplan
from facilityplan import errors, locale

PACKAGE = Path(facilityplan.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
CATALOGUES = {lang: locale.catalogue(lang) for lang in locale.LANGUAGES}
PLACE = {"file", "layer", "column", "rows"}
MESSAGE = re.compile(r"(reason|formula|basis|verdict|modality|standing|unit)\.[a-z_0-9]+")


def error_classes(root=errors.FacilityPlanError):
    return [root, *(found for sub in root.__subclasses__() for found in error_classes(sub))]


CLASSES = {kind.__name__: kind for kind in error_classes() if kind.__module__ == errors.__name__}


def test_both_catalogues_have_the_same_messages():
    assert set(CATALOGUES["zh"]) == set(CATALOGUES["en"])


def test_both_catalogues_have_the_same_placeholders():
    different = {
        key
        for key in set(CATALOGUES["zh"]) & set(CATALOGUES["en"])
        if locale.placeholders(CATALOGUES["zh"][key]) != locale.placeholders(CATALOGUES["en"][key])
    }
    assert different == set()


def test_the_files_of_both_languages_match():
    folders = [PACKAGE / "locale" / name for name in ("zh_CN", "en")]
    left, right = ({path.name for path in folder.glob("*.toml")} for folder in folders)
    assert left == right


def test_messages_are_said():
    for lang, catalogue in CATALOGUES.items():
        for key, said in catalogue.items():
            assert said.strip(), (lang, key)
            assert all(name.isidentifier() for name in locale.placeholders(said)), (lang, key)


def test_every_error_has_text_and_fix():
    for catalogue in CATALOGUES.values():
        names = {key.split(".")[1] for key in catalogue if key.startswith("error.")}
        missing = {
            f"error.{name}.{part}"
            for name in names
            for part in ("text", "fix")
            if f"error.{name}.{part}" not in catalogue
        }
        assert missing == set()


def calls():
    """Yield every call in the package: its file, its name, the call."""
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func
                word = name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", None)
                yield path.relative_to(PACKAGE).as_posix(), word, node


def literals(node):
    """Return the strings an argument may be: a literal, or either side of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        return literals(node.body) + literals(node.orelse)
    return []


def test_every_error_raised_has_its_message():
    seen = 0
    problems = []
    for file, word, call in calls():
        if word not in CLASSES or not call.args:
            continue
        for message in literals(call.args[0]):
            seen += 1
            wanted = f"error.{message}.text"
            if wanted not in CATALOGUES["zh"]:
                problems.append((file, call.lineno, wanted))
                continue
            keywords = {item.arg for item in call.keywords}
            if None in keywords:  # **more: cannot be told from here
                continue
            for part in ("text", "fix"):
                names = locale.placeholders(CATALOGUES["zh"][f"error.{message}.{part}"])
                lacking = names - (keywords - PLACE)
                if lacking:
                    problems.append((file, call.lineno, message, sorted(lacking)))
    assert seen > 30
    assert problems == []


def test_every_text_asked_for_is_there():
    seen = 0
    problems = []
    for file, word, call in calls():
        if word not in {"text", "say"} or not call.args:
            continue
        for message in literals(call.args[0]):
            seen += 1
            if message not in CATALOGUES["zh"]:
                problems.append((file, call.lineno, message))
        if isinstance(call.args[0], ast.JoinedStr):
            start = call.args[0].values[0]
            if isinstance(start, ast.Constant) and not any(
                key.startswith(str(start.value)) for key in CATALOGUES["zh"]
            ):
                problems.append((file, call.lineno, start.value))
    assert seen > 5
    assert problems == []


def test_every_reason_and_formula_named_is_there():
    named = {
        node.value
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and MESSAGE.fullmatch(node.value)
    }
    assert len(named) > 20
    assert named - set(CATALOGUES["zh"]) == set()


def filled(message):
    names = {
        name
        for catalogue in CATALOGUES.values()
        for part in ("text", "fix")
        for name in locale.placeholders(catalogue[f"error.{message}.{part}"])
    }
    return dict.fromkeys(sorted(names - PLACE), 7)


ERROR_IDS = sorted({key.split(".")[1] for key in CATALOGUES["zh"] if key.startswith("error.")})


@pytest.mark.parametrize("message", ERROR_IDS)
def test_every_message_can_be_said_in_both_languages(message):
    error = errors.InputError(message, file="甲.xlsx", layer="zones", rows=(2,), **filled(message))
    for lang in locale.LANGUAGES:
        said = error.render(lang)
        assert "甲.xlsx" in said
        assert said != message


@pytest.mark.parametrize("kind", CLASSES.values(), ids=CLASSES)
def test_every_error_survives_between_processes(kind):
    error = kind(
        "bad_count",
        file="甲.xlsx",
        layer="residences",
        column="户数",
        rows=range(2, 20),
        found="<b>",
    )
    twin = pickle.loads(pickle.dumps(error))
    assert type(twin) is kind
    for lang in locale.LANGUAGES:
        assert twin.render(lang) == error.render(lang)
        assert "18" in twin.render(lang)
        assert "甲.xlsx" in twin.render(lang)
    assert twin.rows == tuple(range(2, 20))
    assert str(error) == str(twin)


def test_the_tree_of_errors_and_its_exit_codes():
    codes = {
        "FacilityPlanError": 70,
        "UsageError": 2,
        "InputError": 3,
        "NetworkError": 3,
        "StandardsError": 4,
        "SolveError": 5,
        "OutputError": 6,
    }
    for kind in CLASSES.values():
        branch = next(name for name in (k.__name__ for k in kind.__mro__) if name in codes)
        assert kind.exit_code == codes[branch], kind
        assert kind.__name__ in errors.__doc__
        assert inspect.getdoc(kind)


def test_ten_rows_are_listed_and_all_are_counted():
    few = errors.InputError("geometry_invalid", rows=range(1, 11))
    many = errors.InputError("geometry_invalid", rows=range(1, 1001))
    assert "10" in few.where("en")
    assert "all" not in few.where("en")
    assert "1000 in all" in many.where("en")
    assert " 11" not in many.where("en")


def test_the_language_spoken(monkeypatch):
    monkeypatch.delenv("FACILITYPLAN_LANG", raising=False)
    assert locale.language() == "zh"
    assert locale.text("verdict.compliant") == "符合"
    monkeypatch.setenv("FACILITYPLAN_LANG", "en")
    assert locale.language() == "en"
    assert locale.text("verdict.compliant", "zh") == "符合"
    monkeypatch.setenv("FACILITYPLAN_LANG", "fr")
    with pytest.raises(ValueError, match="fr"):
        locale.language()
    with pytest.raises(KeyError):
        locale.text("no.such.message", "en")


def test_text_of_the_users_is_not_read_as_a_template():
    error = errors.BadValueError("bad_count", found="{found.__class__} {0} {", layer="residences")
    assert "{found.__class__} {0} {" in error.render("zh")


def test_a_list_is_joined_as_the_sentence_does_also_within_another():
    inner = locale.Listed(["a", "b"], more="…")
    assert inner == "a、b…"
    assert pickle.loads(pickle.dumps(inner)).more == "…"
    for lang, said in (("zh", "a、b…、c"), ("en", "a, b…, c")):
        assert locale.joined([inner, "c"], lang) == said
        assert said in locale.text("where.file", lang, value=locale.Listed([inner, "c"]))

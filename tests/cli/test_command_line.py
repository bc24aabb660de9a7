"""Exit codes, languages, consoles of all encodings, and a start that imports nothing heavy."""

import os
import subprocess
import sys

import pytest

import facilityplan.cli.check as checking
from facilityplan.cli import run_command_line
from facilityplan.errors import FacilityPlanError, OutputError, SolveError

SCHEME = 'place = "郑州市"\nstatus = "new"\nhouseholds = 1250\nelder_floor_area_m2 = 375\n'


@pytest.fixture
def scheme(tmp_path):
    path = tmp_path / "scheme.toml"
    path.write_text(SCHEME, encoding="utf-8")
    return path


def program(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "facilityplan", *map(str, arguments)],
        capture_output=True,
        check=False,
        env={**os.environ, **environment},
    )


def test_help_imports_nothing_heavy():
    heavy = "geopandas, pandas, numpy, shapely, folium, pydantic, scipy, pyproj, highspy, rich"
    # Typer itself takes pydantic where it is installed, as soon as a verb has parameters.
    light = heavy.replace("pydantic, ", "")
    code = (
        "import sys\n"
        "from facilityplan.cli import run_command_line\n"
        "assert run_command_line(['--help']) == 0\n"
        f"found = [name for name in {heavy.split(', ')} if name in sys.modules]\n"
        "assert run_command_line(['run', '--help']) == 0\n"
        "assert run_command_line(['standards', '--help']) == 0\n"
        f"found += [name for name in {light.split(', ')} if name in sys.modules]\n"
        "sys.exit(','.join(found) or 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"check" in done.stdout


@pytest.mark.parametrize(
    ("lang", "word"), [("zh", "新建项目文件夹"), ("en", "make a project folder")]
)
def test_help_speaks_the_language(lang, word, capsys, monkeypatch):
    assert run_command_line(["--lang", lang, "--help"]) == 0
    monkeypatch.setenv("FACILITYPLAN_LANG", lang)
    assert run_command_line(["--help"]) == 0
    assert capsys.readouterr().out.count(word) == 2
    assert run_command_line(["init", f"--lang={lang}", "--help"]) == 0
    assert word in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["build"],
        ["run"],
        ["run", "somewhere"],
        ["check"],
        ["check", "a.toml", "--no-such-option"],
        ["check", "a.toml", "--lang", "fr"],
        ["check", "a.toml", "--lang"],
        ["check", "a.toml", "--lang=de"],
        ["standards"],
        ["standards", "show"],
    ],
)
def test_usage_is_2(arguments, capsys):
    assert run_command_line(arguments) == 2
    shown = capsys.readouterr()
    assert shown.err or shown.out
    assert "Traceback" not in shown.err


def test_language_of_the_environment_that_is_none(monkeypatch, capsys):
    monkeypatch.setenv("FACILITYPLAN_LANG", "fr")
    assert run_command_line(["standards", "list"]) == 2
    assert "zh, en" in capsys.readouterr().err


def raising(error):
    def act(*_, **__):
        raise error

    return act


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_bug_is_one_line_and_70(scheme, monkeypatch, capsys, lang):
    monkeypatch.setattr(checking, "review_scheme", raising(ZeroDivisionError("by\nnought")))
    assert run_command_line(["check", str(scheme), "--lang", lang]) == 70
    err = capsys.readouterr().err
    assert "ZeroDivisionError: by" in err
    assert "nought" not in err
    assert "--debug" in err
    assert "Traceback" not in err
    assert len(err.splitlines()) == 2, "what happened, and what to do"
    for place in (0, 1, 3):
        words = ["check", str(scheme), "--json"]
        words.insert(place, "--debug")
        with pytest.raises(ZeroDivisionError):
            run_command_line(words)


def test_debug_raises_our_own_errors_too(tmp_path):
    with pytest.raises(FacilityPlanError):
        run_command_line(["--debug", "check", str(tmp_path / "absent.toml")])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_interrupted_is_130(scheme, monkeypatch, capsys, lang):
    monkeypatch.setattr(checking, "review_scheme", raising(KeyboardInterrupt()))
    assert run_command_line(["check", str(scheme), "--lang", lang]) == 130
    err = capsys.readouterr().err
    assert ("已中断" if lang == "zh" else "Interrupted") in err
    assert "Traceback" not in err


def test_each_branch_of_the_errors_has_its_code(scheme, monkeypatch):
    for error, code in (
        (SolveError("output_failed", reason="x"), 5),
        (OutputError("output_failed", reason="x"), 6),
        (FacilityPlanError("output_failed", reason="x"), 70),
    ):
        monkeypatch.setattr(checking, "review_scheme", raising(error))
        assert run_command_line(["check", str(scheme)]) == code


@pytest.mark.parametrize("encoding", ["cp936", "ascii"])
def test_consoles_of_other_encodings(scheme, encoding):
    for arguments in (["check", scheme, "--date", "2022-09-30"], ["standards", "show", "ZZ04"]):
        done = program(*arguments, PYTHONIOENCODING=encoding, FACILITYPLAN_LANG="zh")
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        shown = done.stdout.decode(encoding)
        assert ("平方米" if encoding == "cp936" else r"\u5e73") in shown


def test_errors_on_such_a_console(tmp_path):
    done = program("check", tmp_path / "没有.toml", PYTHONIOENCODING="ascii")
    assert done.returncode == 3
    assert rb"\u6ca1\u6709.toml" in done.stderr


def test_a_reader_that_stops_listening():
    code = f"{sys.executable} -m facilityplan standards show ZZ04 | head -c 1 > {os.devnull}"
    done = subprocess.run(["/bin/sh", "-c", code], capture_output=True, check=False)
    assert b"Traceback" not in done.stderr
    assert b"bug" not in done.stderr

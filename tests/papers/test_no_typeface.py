"""A machine without a Chinese typeface: said with the remedy, before a figure or a file is there."""

import pytest

from facilityplan.cli import run_command_line
from facilityplan.report.figures import fonts

SHEET = (
    'name = "甲"\nplace = "郑州市"\nstatus = "new"\nhouseholds = 100\nelder_floor_area_m2 = 30\n'
)


@pytest.fixture
def no_typeface(monkeypatch):
    monkeypatch.setattr(fonts, "_system_files", list)
    monkeypatch.setenv("WINDIR", "/nowhere")


@pytest.mark.usefixtures("no_typeface")
@pytest.mark.parametrize(
    ("lang", "said"), [("zh", "没有可用的中文字体"), ("en", "no Chinese typeface")]
)
@pytest.mark.parametrize("verb", ["figures", "report"])
def test_nothing_is_drawn_and_the_remedy_is_named(tmp_path, capsys, verb, lang, said):
    out = tmp_path / "out"
    code = run_command_line([verb, "data/sample_city", "--out", str(out), "--lang", lang])
    shown = capsys.readouterr()
    assert code == 6
    assert said in shown.err
    assert "--font" in shown.err
    assert len(shown.err.splitlines()) == 2
    assert shown.out == ""
    assert not out.exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("no_typeface")
def test_a_font_file_that_lacks_chinese_is_refused_as_early(tmp_path, capsys):
    from matplotlib import font_manager

    latin = font_manager.findfont("DejaVu Sans")
    out = tmp_path / "out"
    code = run_command_line(["figures", "data/sample_city", "--out", str(out), "--font", latin])
    assert code == 6
    assert "--font" in capsys.readouterr().err
    assert not out.exists()


@pytest.mark.usefixtures("no_typeface")
def test_review_forms_need_no_typeface(tmp_path):
    """Word and Excel keep names of typefaces only; the machine that prints them has its own."""
    (tmp_path / "a.toml").write_text(SHEET, encoding="utf-8")
    out = tmp_path / "out"
    assert run_command_line(["check", str(tmp_path / "a.toml"), "--out", str(out)]) == 0
    assert len(list(out.iterdir())) == 3

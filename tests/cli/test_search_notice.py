"""A run says once, and apart from its results, when walking is searched without numba."""

from types import SimpleNamespace

import pytest

from facilityplan import locale
from facilityplan.cli.run import _report


def project(engine):
    network = None if engine is None else SimpleNamespace(search_engine=engine)
    return SimpleNamespace(
        has_coverage=False,
        findings=lambda: SimpleNamespace(findings=[]),
        notices=lambda: (),
        graph_notes=(),
        network=network,
    )


@pytest.mark.parametrize("lang", locale.LANGUAGES)
@pytest.mark.parametrize(("engine", "times"), [("scipy", 1), ("numba", 0), (None, 0)])
def test_said_once_on_the_error_stream(tmp_path, capsys, lang, engine, times):
    _report(project(engine), tmp_path, machine=False, lang=lang)
    said = capsys.readouterr()
    assert said.err.count(locale.text("cli.search_without_numba", lang)) == times
    assert "numba" not in said.out

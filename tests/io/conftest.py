import hashlib
import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared():
    """Real data beside the project; its absence is a skip here and a failure where CI runs."""
    if not SHARED.exists():
        if os.environ.get("CI") == "true":
            pytest.fail("../shared/data is absent")
        pytest.skip("../shared/data is absent")
    return SHARED


@pytest.fixture
def untouched():
    """Return what a folder holds, so that before and after can be compared."""

    def state(folder):
        return {
            entry.name: hashlib.sha256(entry.read_bytes()).hexdigest()
            for entry in sorted(Path(folder).rglob("*"))
            if entry.is_file()
        }

    return state


@pytest.fixture
def refused():
    """Return a check that an error says its place and what to do, in both languages."""

    def check(caught, message):
        assert caught.value.message == message
        for lang in ("zh", "en"):
            assert len(caught.value.render(lang).splitlines()) >= 2

    return check

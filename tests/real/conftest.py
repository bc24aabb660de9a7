import os
import shutil
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SHARED = CHECKOUT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared():
    """Real data beside the checkout; its absence is a skip here and a failure where CI runs."""
    if not SHARED.is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"the shared data is not there: {SHARED}")
        pytest.skip("the shared data (../shared/data) is not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def in_place(shared):
    """Return a project of this folder where it stands; it reads ../shared/data by itself."""
    return lambda name: CHECKOUT / "tests" / "real" / name


@pytest.fixture(scope="session")
def copied(shared, tmp_path_factory):
    """Return a copy of a project that may get more files; the shared data beside it as ever."""

    def copy(name):
        beside = tmp_path_factory.mktemp(name)
        (beside / "shared").symlink_to(SHARED.parent, target_is_directory=True)
        folder = beside / "checkout" / "tests" / "real" / name
        shutil.copytree(CHECKOUT / "tests" / "real" / name, folder)
        return folder

    return copy

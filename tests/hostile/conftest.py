import pytest
from damage import write_bases
from doorkeeper import Reader


@pytest.fixture(scope="session")
def bases(tmp_path_factory):
    """Return a folder with a good file of each format, and the files of each."""
    folder = tmp_path_factory.mktemp("bases")
    return folder, write_bases(folder)


@pytest.fixture(scope="session")
def reader():
    reader = Reader()
    yield reader
    reader.stop()

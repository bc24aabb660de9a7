"""A file is the old one or the new one, never half of either, and nothing is left beside it."""

import errno
import os
import stat
from pathlib import Path

import pytest

from facilityplan import files
from facilityplan.errors import OutputError, OutputLockedError, UnreadableSourceError


def left_over(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def old(tmp_path):
    path = tmp_path / "结果.json"
    path.write_bytes(b"old")
    return path


def kept(path):
    assert path.read_bytes() == b"old"
    assert left_over(path.parent) == [path.name]


def broken_off(path, error, tails=("",)):
    """Write half of a file, and what a writer keeps beside it, then fail."""
    with files.whole_file(path) as temporary:
        for tail in tails:
            Path(f"{temporary}{tail}").write_bytes(b"half")
        raise error


def test_a_new_file_takes_the_place_of_the_old(old):
    files.write_text(old, "新\n")
    assert old.read_bytes() == "新\n".encode()
    assert left_over(old.parent) == [old.name]
    assert stat.S_IMODE(old.stat().st_mode) == 0o644


def test_folders_on_the_way_are_made(tmp_path):
    path = tmp_path / "甲" / "乙" / "c.bin"
    files.write_bytes(path, b"\x00\xff")
    assert path.read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, MemoryError])
def test_an_exception_inside_keeps_the_old_file(old, error):
    with pytest.raises(error):
        broken_off(old, error())
    kept(old)


def test_side_files_of_a_writer_go_too(old):
    """GeoPackage and SQLite leave -journal and -wal beside the file they write."""
    with pytest.raises(ValueError, match="stop"):
        broken_off(old, ValueError("stop"), ("", "-journal", "-wal", ".tmp"))
    kept(old)


def failing(number):
    def fail(*_args, **_keywords):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace", "mkstemp", "chmod"])
@pytest.mark.parametrize(
    ("number", "message"),
    [
        (errno.ENOSPC, "output_no_space"),
        (errno.EACCES, "output_locked"),
        (errno.EPERM, "output_locked"),
        (errno.EIO, "output_failed"),
        (errno.EROFS, "output_failed"),
    ],
)
def test_a_failing_disk(old, monkeypatch, step, number, message):
    if step == "fsync":
        monkeypatch.setattr(files.os, "fsync", failing(number))
    elif step == "mkstemp":
        monkeypatch.setattr(files.tempfile, "mkstemp", failing(number))
    else:
        monkeypatch.setattr(Path, step, failing(number))
    with pytest.raises(OutputError) as caught:
        files.write_text(old, "new")
    monkeypatch.undo()
    assert caught.value.message == message
    assert caught.value.exit_code == 6
    assert old.name in str(caught.value)
    assert isinstance(caught.value, OutputLockedError) is (message == "output_locked")
    kept(old)


def test_a_disk_that_fills_up_while_writing(old):
    with pytest.raises(OutputError) as caught:
        broken_off(old, OSError(errno.ENOSPC, "full"))
    assert caught.value.message == "output_no_space"
    kept(old)


def test_a_folder_that_cannot_be_written(tmp_path, monkeypatch):
    folder = tmp_path / "只读"
    folder.mkdir()
    path = folder / "a.json"
    path.write_bytes(b"old")
    folder.chmod(0o500)
    try:
        if os.access(folder, os.W_OK):
            # Rights do not bind this user; the refusal is made up.
            def refuse(**_):
                raise PermissionError(errno.EACCES, "denied")

            monkeypatch.setattr(files.tempfile, "mkstemp", refuse)
        with pytest.raises(OutputLockedError):
            files.write_text(path, "new")
        kept(path)
    finally:
        folder.chmod(0o700)


def test_a_file_where_a_folder_should_be(old):
    with pytest.raises(OutputError) as caught:
        files.write_text(old / "under" / "a.txt", "new")
    assert caught.value.exit_code == 6
    kept(old)


def test_a_folder_where_the_file_should_be(tmp_path):
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError):
        files.write_text(tmp_path / "a.txt", "new")
    assert left_over(tmp_path) == ["a.txt"]


def test_an_output_error_inside_is_not_wrapped(old):
    with pytest.raises(OutputError) as caught:
        broken_off(old, OutputError("output_no_space", file="other"))
    assert caught.value.file == "other"
    kept(old)


def test_a_name_too_long(tmp_path):
    with pytest.raises(OutputError):
        files.write_text(tmp_path / ("长" * 300), "new")
    assert left_over(tmp_path) == []


def test_sweep_takes_only_what_an_interrupted_run_left(tmp_path):
    for name in (f"{files.TEMPORARY_PREFIX}abc.json", ".hidden", "a.json", "facilityplan-x"):
        (tmp_path / name).write_bytes(b"")
    files.sweep(tmp_path)
    assert left_over(tmp_path) == [".hidden", "a.json", "facilityplan-x"]


def test_sha256(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert files.sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_same_value_same_bytes():
    left = files.canonical_json({"b": [1, 2.5], "a": {"乙": None, "甲": True}})
    right = files.canonical_json({"a": {"甲": True, "乙": None}, "b": [1, 2.5]})
    assert left == right
    assert left.endswith("}\n")
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="JSON"):
            files.canonical_json([value])
        with pytest.raises(ValueError, match="JSON"):
            files.script_json([value])


def test_a_name_with_brackets_leaves_nothing_behind(tmp_path):
    files.write_text(tmp_path / "a.[b]", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["a.[b]"]


def test_an_error_of_ours_inside_stays_what_it_is(tmp_path):
    with pytest.raises(UnreadableSourceError), files.whole_file(tmp_path / "a.txt"):
        raise UnreadableSourceError("file_not_found", file="b.txt")

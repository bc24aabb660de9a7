"""Full disks, folders that may not be written, files held by another program: the old output
stays as it was, and one message says what to do."""

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from campaign import FACTOR
from small_city import city

from facilityplan import files
from facilityplan.cli import run_command_line
from facilityplan.project import OUTPUTS


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def run(folder, out):
    return run_command_line(["run", str(folder), "--out", str(out), "--no-cache", "--lang", "en"])


def one_message(capsys):
    """Return what was said beside the stages: two lines, what is wrong and what to do."""
    err = capsys.readouterr().err
    lines = [line for line in err.splitlines() if not line.startswith("[")]
    assert "Traceback" not in err
    assert len(lines) == 2, err
    assert lines[1].startswith("What to do: ")
    return lines


def renamed(folder, name):
    """Change the project, so that another run gives other files."""
    path = folder / "project.toml"
    said = path.read_text(encoding="utf-8")
    path.write_text(said.replace("小城", name).replace("大城", name), encoding="utf-8")


@pytest.fixture
def small_disk(tmp_path):
    """Return a disk of two megabytes; it takes the rights to mount one."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("mounting a small disk takes Linux and its root")
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize(
    "share", [0.0, 0.5] if FACTOR == 1 else [0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9]
)
def test_a_disk_that_is_full(small_disk, tmp_path, capsys, share):
    folder, out = city(tmp_path / "city", "小城"), small_disk / "out"
    assert run(folder, out) == 0
    before = contents(out)
    size = sum(map(len, before.values()))
    filler = small_disk / "filler"
    state = os.statvfs(small_disk)
    filler.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - int(share * size))))
    renamed(folder, "大城")
    capsys.readouterr()
    assert run(folder, out) == 6
    one_message(capsys)
    assert contents(out) == before
    filler.unlink()
    assert run(folder, out) == 0
    after = contents(out)
    assert sorted(after) == sorted(OUTPUTS)
    assert after["findings.json"] != before["findings.json"]


def test_a_disk_that_may_only_be_read(small_disk, tmp_path, capsys):
    folder, out = city(tmp_path / "city", "小城"), small_disk / "out"
    assert run(folder, out) == 0
    before = contents(out)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    renamed(folder, "大城")
    capsys.readouterr()
    assert run(folder, out) == 6
    one_message(capsys)
    assert contents(out) == before


# What a run asks of the system while it writes, and may be refused at any time.
CALLS = {
    "fsync": (os, "fsync"),
    "link": (os, "link"),
    "replace": (Path, "replace"),
    "write": (Path, "write_bytes"),
    "temporary file": (files.tempfile, "mkstemp"),
    "temporary folder": (files.tempfile, "mkdtemp"),
    "unlink": (Path, "unlink"),
    "mode": (Path, "chmod"),
}
# Which refusal, and at which time of asking: two in a test run, all in a campaign.
REFUSALS = [(errno.ENOSPC, 1), (errno.EACCES, 4)]
if FACTOR > 1:
    REFUSALS = [(n, t) for n in (errno.ENOSPC, errno.EACCES, errno.EIO) for t in range(1, 14)]


class Refusing:
    """Refuse a call at one time it is made, as a system does."""

    def __init__(self, monkeypatch, call, number, time):
        self.made = 0
        owner, name = CALLS[call]
        plain = getattr(owner, name)

        def act(*arguments, **keywords):
            self.made += 1
            if self.made == time:
                raise OSError(number, os.strerror(number))
            return plain(*arguments, **keywords)

        monkeypatch.setattr(owner, name, act)


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Return a folder with a project and its results."""
    place = tmp_path_factory.mktemp("ran")
    assert run(city(place / "city", "小城"), place / "out") == 0
    return place


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("number", "time"), REFUSALS)
def test_refused_at_any_time(ran, tmp_path, monkeypatch, capsys, call, number, time):
    folder, out = tmp_path / "city", tmp_path / "out"
    shutil.copytree(ran / "city", folder)
    shutil.copytree(ran / "out", out)
    before = contents(out)
    renamed(folder, "大城")
    capsys.readouterr()
    with monkeypatch.context() as patch:
        refusing = Refusing(patch, call, number, time)
        code = run(folder, out)
    if code == 0:
        # Not made so often, or one that may fail: a copy does for a link, a leftover is swept.
        assert refusing.made < time or call in {"link", "unlink"}
    else:
        assert code == 6
        one_message(capsys)
        there = {name: raw for name, raw in contents(out).items() if name in OUTPUTS}
        assert there == before
    if FACTOR > 1 or call == "unlink":
        assert run(folder, out) == 0
        assert sorted(contents(out)) == sorted(OUTPUTS)


def test_a_workbook_that_excel_holds(tmp_path, monkeypatch, capsys):
    folder, out = city(tmp_path / "city", "小城"), tmp_path / "register.xlsx"
    words = ["register", str(folder), "--out", str(out), "--lang", "en"]
    assert run_command_line(words) == 0
    before = out.read_bytes()
    renamed(folder, "大城")
    capsys.readouterr()

    def held(self, target):
        raise PermissionError(13, "The process cannot access the file", str(target))

    monkeypatch.setattr(Path, "replace", held)
    assert run_command_line(words) == 6
    one_message(capsys)
    assert out.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["city", "register.xlsx"]

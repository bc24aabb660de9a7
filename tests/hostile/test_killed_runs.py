"""A run killed at any moment leaves whole files, and the next run cleans up."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from campaign import FACTOR, told
from small_city import city

from facilityplan import files
from facilityplan.project import OUTPUTS

KILLS = 10 if FACTOR == 1 else 12 * FACTOR
SCRIPT = Path(__file__).resolve().parents[1] / "support" / "killed_run.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


class Runs:
    """The process that runs projects, and what it says."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "NUMBA_NUM_THREADS": "1"},
        )

    def begin(self, project, out):
        self.process.stdin.write(f"{project}\t{out}\n")
        self.process.stdin.flush()
        return int(self.until("process")[-1])

    def until(self, *wanted):
        """Return the words of the next line that begins so, or of the end of the run."""
        for line in self.process.stdout:
            words = line.split()
            if words[: len(wanted)] == list(wanted) or words[0] == "ended":
                return words
        raise AssertionError("the process that runs projects is gone")

    def end(self):
        return int(self.until("ended")[-1])


@pytest.fixture
def runs():
    started = Runs()
    yield started
    started.process.stdin.close()
    started.process.wait()
    started.process.stdout.close()


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir() if path.is_file()}


def check_whole(out, versions):
    """No file is torn, and a manifest is there only where all files are those that it names."""
    there = contents(out)
    for name in OUTPUTS:
        if name in there:
            assert there[name] in [version[name] for version in versions], f"{name} is torn"
    if "manifest.json" in there:
        said = json.loads(there["manifest.json"])["outputs"]
        assert said == {name: files.sha256(out / name) for name in OUTPUTS if name in said}
        assert set(said) == set(OUTPUTS) - {"manifest.json"}
    return "manifest.json" in there


def test_killed_at_any_moment(runs, tmp_path, capsys):
    cities = [city(tmp_path / "one", "甲城"), city(tmp_path / "two", "乙城")]
    versions, took_s = [], []
    for number, folder in enumerate(cities):
        out = tmp_path / f"whole-{number}"
        began = time.monotonic()
        runs.begin(folder, out)
        runs.until("stage", "workbook")
        writing = time.monotonic()
        assert runs.end() == 0
        took_s.append((writing - began, time.monotonic() - writing))
        versions.append(contents(out))
        assert sorted(versions[-1]) == sorted(OUTPUTS)
    (_, _), (before_s, writing_s) = took_s
    rng = random.Random(20260630)
    out = tmp_path / "out"
    killed = without_manifest = 0
    for number in range(KILLS):
        folder = cities[number % 2]
        cache = folder / ".facilityplan"
        if number % 3 == 0 and cache.is_dir():
            for path in cache.iterdir():
                path.unlink()
        process = runs.begin(folder, out)
        # Every other time while files are written, which is the lesser part of a run.
        if number % 2:
            runs.until("stage", "workbook")
            time.sleep(rng.uniform(0, 1.2 * writing_s))
        else:
            time.sleep(rng.uniform(0, before_s + writing_s))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        killed += runs.end() == -signal.SIGKILL
        if out.is_dir():
            without_manifest += not check_whole(out, versions)
        if FACTOR == 1 and number % 2 == 0:
            continue  # The next to be killed cleans up after this one.
        runs.begin(folder, out)
        assert runs.end() == 0, "the next run is not kept from its work"
        assert contents(out) == versions[number % 2]
        assert sorted(path.name for path in out.iterdir()) == sorted(OUTPUTS)
        left = [p.name for p in cache.iterdir() if p.name.startswith(files.TEMPORARY_PREFIX)]
        assert left == []
    assert killed >= KILLS // 2
    told(capsys, f"{killed} of {KILLS} killed, {without_manifest} left without a manifest")

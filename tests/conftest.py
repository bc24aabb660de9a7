"""What all tests share: one hypothesis profile, and on CI nothing skips."""

import os
import signal

import pytest
from hypothesis import HealthCheck, settings

# A test run tries the same examples everywhere; a campaign (make campaign) tries more, by a seed.
settings.register_profile(
    "test",
    derandomize="FACILITYPLAN_CAMPAIGN" not in os.environ,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("test")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and os.environ.get("CI") and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped on CI: {report.longrepr}"


@pytest.fixture
def heard():
    """Ctrl-C is heard: a process that a shell starts in the background inherits it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)

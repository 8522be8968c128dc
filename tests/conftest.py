"""For all tests: in CI (``GRADER_CI=1``) a test that skips for want of a service fails.

A skip whose reason starts with "elsewhere:" is about another machine (a kernel, an architecture).
Tests listed in ``tests/not_yet.txt`` are known to fail: they run, and their failure is expected.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

NOT_YET = Path(__file__).with_name("not_yet.txt")


def known_failures() -> dict[str, str]:
    """Return the node ids of tests that are known to fail, with their reasons."""
    lines = (line.partition("  # ") for line in NOT_YET.read_text(encoding="utf-8").splitlines())
    return {test.strip(): why for test, _, why in lines if why and not test.startswith("#")}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Expect the known failures."""
    known = known_failures()
    for item in items:
        names = (item.nodeid, item.nodeid.partition("[")[0], item.nodeid.partition("::")[0])
        why = next((known[name] for name in names if name in known), "")
        if why:
            item.add_marker(pytest.mark.xfail(reason=why, strict=False))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get("GRADER_CI") and not item.get_closest_marker("xfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if "elsewhere:" not in reason:
            report.outcome = "failed"
            report.longrepr = f"skipped in CI, which must have what it needs: {reason}"
    return report

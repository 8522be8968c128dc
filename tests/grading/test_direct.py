"""Hidden tests that need nothing of pytest but a call are called directly: pytest itself costs more."""

from __future__ import annotations

import pytest
from places import ROOT

from grader.grading import direct, process
from grader.grading.protocol import Settings


class Collected:
    """A connection that keeps the collected items and then ends the session."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Keep the items and run none."""
        self.items = list(session.items)
        return True


def test_every_check_of_an_exercise_is_called_directly() -> None:
    """A change of the fixtures once sent all of them through pytest's protocol, at twice the CPU."""
    found = Collected()
    bench = process.bench_for(Settings(str(ROOT), "two_layer_network", 1, b"secret"))
    try:
        process.run_session(bench, found)
        assert len(found.items) > 20
        assert [] == [item.name for item in found.items if direct.Plain.of(item) is None]
    finally:
        bench.close()

"""Find the checks that programs without answers pass: the stub, and constant functions.

vacuous = Vacuous(rubric)
vacuous.note("constant 0", grade)
vacuous.note("stateless 0", grade)
for line in vacuous.lines(): ...
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from msgspec import Struct, field

from grader.authoring.constants import CONSTANTS
from grader.grading.protocol import CheckInfo
from grader.model import Grade


class Vacuous(Struct):
    """The checks with points that each program without answers passes."""

    rubric: Sequence[CheckInfo]
    _passed: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def note(self, who: str, grade: Grade) -> None:
        """Record what a program passes: ``stub``, ``constant VALUE`` or ``stateless VALUE``.

        The last one is the same program without the state of its classes: a check that passes only
        with this state does compare something that the student wrote.
        """
        self._passed[who] |= {each.id for each in grade.outcomes if each.points > 0}

    def lines(self) -> Iterator[str]:
        """Yield a line for each check whose points need no answer."""
        yield from self._given("the stub", "stub")
        for check in self._checked():
            values = [value for value in CONSTANTS if self._passes(check, value)]
            if values:
                listed = " or ".join([", ".join(values[:-1]), values[-1]] if values[1:] else values)
                yield self._line(check, f"a program that always returns {listed}")

    def _given(self, said: str, who: str) -> Iterator[str]:
        for check in self.rubric:
            if check.id in self._passed[who] and not check.full:
                yield self._line(check, said)

    def _checked(self) -> list[CheckInfo]:
        """Return the plain checks; of a test with several parameter sets, only the first."""
        found: dict[tuple[str, str], CheckInfo] = {}
        for check in self.rubric:
            if "check" not in check.fixtures and not check.full:
                found.setdefault((check.where, check.function), check)
        return list(found.values())

    def _passes(self, check: CheckInfo, value: str) -> bool:
        """Return whether a constant passes a test; of several parameter sets, more than half.

        In a single set, 1 may be the right answer.
        """
        alike = [
            c.id for c in self.rubric if (c.where, c.function) == (check.where, check.function)
        ]
        stateless = self._passed.get(f"stateless {value}")
        passed = self._passed[f"constant {value}"]
        if stateless is not None:
            passed = passed & stateless
        return 2 * sum(each in passed for each in alike) > len(alike)

    def _line(self, check: CheckInfo, who: str) -> str:
        return (
            f"{check.where}: {check.function} gives {check.points:g} points to {who}; "
            "let it check another answer too"
        )

"""Decide points that depend on the whole submission, after all checks have run.

    points = FinalPoints(findings, investigation)
    points.wait()                # side effects and speed of wrong functions are not judged yet
    points.settle(finding, ..)   # is a wrong answer right, given the student's other functions?
    points.finish()              # credit only for this exercise; one slip costs at most a third

The points of a check are in its `Checked` value; each rule replaces the outcome there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.checks.case import Case
from grader.checks.check import LOCAL_CREDIT, Check
from grader.checks.diagnosis.explanations import Investigation
from grader.checks.diagnosis.views import Cause
from grader.checks.failure import with_reason
from grader.checks.judge import Judge
from grader.checks.student_module import says_something
from grader.model import Outcome
from grader.sandbox.student import Answer

THIRD: Final = 1 / 3
"""Largest share of an exercise's points that one verified slip costs."""
SLIP_CREDIT: Final = "one slip costs at most a third of the exercise"
TENTH: Final = 0.1
"""Largest share of its points for the true gradient of a forward that is not this exercise."""
MOST_WAITING: Final = 0.9
"""Largest share of its points for a check of side effects or speed that is not judged yet."""


class Checked(Struct):
    """One check of a submission: its outcome, and its `Judge` if it used ``check``."""

    outcome: Outcome
    check: Judge | None
    is_settled: bool = False
    """Whether it has been decided if the answer follows from the student's other functions."""

    @property
    def function(self) -> str:
        """Return the function that the check tests, or on which it failed."""
        return self.check.function if self.check else self.outcome.missing

    @property
    def kind(self) -> str:
        """Return the kind: values, effects, speed, raises, or '' for a test without ``check``."""
        return self.check.kind if self.check else ""

    @property
    def failed(self) -> bool:
        """Return whether it failed, and the student may read why."""
        return self.outcome.status == "failed" and self.outcome.visibility in ("", "visible")

    def functions(self) -> set[str]:
        """Return the functions that its inputs call."""
        if self.check is None:
            return set()
        return {case.function for draw in self.check.drawn for case in self.check.draw(draw)}


class FinalPoints:
    """Rules about points that need the results of all checks of a submission."""

    def __init__(
        self, findings: Sequence[Checked], functions: Sequence[str], investigation: Investigation
    ) -> None:
        self.findings, self.functions = findings, functions
        self.investigation = investigation
        self.of: dict[str, Cause] = {}
        """The cause of each outcome, by the outcome's id."""
        self._slips: dict[str, bool] = {}
        """Whether a function is a simple relation away from right on the hidden inputs, by name."""

    # --- checks that are not judged yet ---

    def wait(self) -> None:
        """Mark checks of side effects and speed as *not judged yet* if values are wrong."""
        for finding in self.findings:
            if finding.kind in ("effects", "speed") and finding.outcome.status != "error":
                self._wait_for(finding)

    def _wait_for(self, finding: Checked) -> None:
        functions = finding.functions()
        wrong = [name for name in self.functions if name in functions and self.has_lost(name)]
        if not wrong or (finding.failed and self._is_own_failure(finding)):
            return
        if finding.failed and finding.outcome.mistake:
            return  # already judged: it modifies an argument, for example, whatever it returns
        parts = [self._earned(name) for name in functions]
        earned, most = (sum(each) for each in zip(*parts, strict=True))
        share = round(earned / most, 1) if most else 0.0  # more digits would reveal more
        outcome, about = finding.outcome, finding.outcome.instructor
        if outcome.status != "waiting":
            about = {**about, "check": outcome.message}
        finding.outcome = replace(
            outcome, status="waiting", mistake="", hint="", more="", cause="", credit="", instructor=about,
            points=round(outcome.max_points * min(share, MOST_WAITING), 2),
            blocked_by=f"{' and '.join(wrong)} must return the right values first",
            message="not judged yet",
        )  # fmt: skip

    def _earned(self, function: str) -> tuple[float, float]:
        """Return the points that checks of a function's values earned, and their maximum."""
        every = [f.outcome for f in self.findings if f.kind == "values" and f.function == function]
        return sum(o.points for o in every), sum(o.max_points for o in every)

    def has_lost(self, function: str) -> bool:
        """Return whether checks of a function's values lost points."""
        earned, most = self._earned(function)
        return earned < most

    def _is_own_failure(self, finding: Checked) -> bool:
        """Return whether a check of side effects failed on a function with right values."""
        return bool(finding.function) and not self.has_lost(finding.function)

    # --- credit given the student's other functions ---

    def settle(self, finding: Checked, found: Sequence[Cause], *, is_possible: bool) -> None:
        """Decide once whether a wrong answer is right, given the student's other functions.

        Args:
            finding: The check.
            found: Earlier causes that may explain the function's answers.
            is_possible: Whether to test this by calls, if no edit shows it.
        """
        check = finding.check
        if finding.is_settled or not isinstance(check, Check) or not check.own:
            return
        finding.is_settled = True
        if check.failure is None or finding.outcome.status != "failed" or finding.outcome.points:
            return
        is_edit = (
            bool(found)
            and says_something(check.failure.answers)  # zeros follow from anything
            and self.investigation.is_explained(check.failure.pairs)
        )
        is_possible = is_possible and any(map(self._may_be_wrong, check.own))
        finding.outcome = _settled(finding.outcome, *check.settled(is_edit, is_possible))

    def _may_be_wrong(self, part: str) -> bool:
        """Return whether a function has lost points, or has no check itself."""
        earned, most = self._earned(part)
        return earned < most or not most

    # --- after all checks ---

    def finish(self, causes: Sequence[Cause], charges: Mapping[str, float]) -> None:
        """Apply the rules that need the causes of all outcomes."""
        for finding in self.findings:
            self.settle(finding, causes, is_possible=True)
        self._recognise(causes)
        self._keep()
        self.wait()
        self._cap(causes)
        for cause in causes:
            if cause.mistake in charges:
                self._charge(cause, charges[cause.mistake])

    def _recognise(self, causes: Sequence[Cause]) -> None:
        """Remove credit for answers that are consistent in themselves but not this exercise."""
        for finding in self.findings:
            outcome, check = finding.outcome, finding.check
            if check is None or outcome.status != "failed" or not outcome.points:
                continue
            cause = self.of.get(outcome.id)
            if finding.kind != "values" or (cause is not None and cause.module is not None):
                continue
            parts = self.investigation.called(finding.function)
            if not any(self._is_known(name, causes) for name in (finding.function, *parts)):
                finding.outcome = replace(
                    outcome, points=0.0, message=_without_reason(outcome), credit=""
                )
            elif check.follows == "forward" and not self._is_any_known_before(finding, causes):
                most = round(TENTH * outcome.max_points, 2)
                finding.outcome = replace(outcome, points=min(outcome.points, most))

    def _is_any_known_before(self, finding: Checked, causes: Sequence[Cause]) -> bool:
        """Return whether an earlier function, whose derivative this may be, is recognised."""
        order = list(self.functions)
        before = order[: order.index(finding.function)] if finding.function in order else []
        return any(self._is_known(name, causes) for name in before)

    def _is_known(self, function: str, causes: Sequence[Cause]) -> bool:
        """Return whether a function is part of this exercise: partly right, or one edit away."""
        if any(c.module is not None and function in (c.function, *c.named) for c in causes):
            return True
        if any(c.function == function and self._is_one_slip(c) for c in causes):
            return True
        if function not in self._slips:
            found = [f for f in self.findings if f.kind == "values" and f.function == function]
            failures = [f.check.failure for f in found if f.check and f.check.failure]
            self._slips[function] = self.investigation.is_slip(function, failures)
        return (
            self._slips[function]
            or self.investigation.is_partly_right(function)
            or self._has_passed(function)
        )

    def _has_passed(self, function: str) -> bool:
        """Return whether a check of a function's values passed."""
        return any(
            finding.outcome.status == "passed"
            for finding in self.findings
            if finding.kind == "values" and finding.function == function
        )

    def _keep(self) -> None:
        """Give 80 % to answers that follow from a verified slip in another function."""
        for finding in self.findings:
            outcome, cause = finding.outcome, self.of.get(finding.outcome.id)
            if cause is None or not finding.failed or finding.kind != "values" or not cause.is_edit:
                continue
            least = round(LOCAL_CREDIT * outcome.max_points, 2)
            if finding.function == cause.function or outcome.points >= least:
                continue
            if finding.function in cause.named and self._is_confirmed(cause, finding.function):
                why = f"correct given what your own {cause.function} returns"
                message = with_reason(_without_reason(outcome), why)
                finding.outcome = replace(outcome, points=least, message=message, credit=why)

    def _cap(self, causes: Sequence[Cause]) -> None:
        """Limit the cost of each verified slip to a third of the exercise."""
        most = THIRD * sum(f.outcome.max_points for f in self.findings)
        for cause in causes:
            of_it = [f for f in self.findings if len(causes) == 1 or f.outcome.id in cause.outcomes]
            lost = sum(f.outcome.max_points - f.outcome.points for f in of_it)
            if lost <= most or not self._is_one_slip(cause):
                continue
            for finding in [f for f in of_it if f.outcome.points < f.outcome.max_points]:
                outcome = finding.outcome
                points = outcome.max_points - (outcome.max_points - outcome.points) * most / lost
                credit = outcome.credit or SLIP_CREDIT
                finding.outcome = replace(outcome, points=round(points, 2), credit=credit)

    def _is_one_slip(self, cause: Cause) -> bool:
        """Return whether a cause is one edit of the reference or of the student's code.

        It must hold on the hidden inputs too; a repair has been tried on them.
        """
        if cause.is_edit and self._is_confirmed(cause, cause.function):
            return True
        pairs = self._hidden_pairs(cause.function)
        answers = [answer for _, answer in pairs if answer.error is None]
        return cause.is_repair and bool(pairs) and (says_something(answers) or not answers)

    def _hidden_pairs(self, function: str) -> list[tuple[Case, Answer]]:
        """Return the hidden inputs of a function's failed checks, with its answers."""
        found = [f.check.failure for f in self.findings if f.check and f.function == function]
        return [pair for failure in found if failure is not None for pair in failure.pairs]

    def _is_confirmed(self, cause: Cause, function: str) -> bool:
        """Return whether the edit also gives the student's answers to the hidden inputs."""
        if cause.mistake == "constant-answer" or cause.module is None:
            return False
        pairs = self._hidden_pairs(function)
        if not pairs:
            return True
        answers = [answer for _, answer in pairs if answer.error is None]
        return says_something(answers) and self.investigation.all_of(cause.module, pairs)

    def _charge(self, cause: Cause, percent: float) -> None:
        """Make a mistake cost at least the assignment's percentage for it."""
        most = sum(finding.outcome.max_points for finding in self.findings)
        lost = sum(finding.outcome.max_points - finding.outcome.points for finding in self.findings)
        due = percent / 100 * most - lost
        here = [finding for finding in self.findings if finding.function == cause.function]
        for group in (here, self.findings):
            due -= self._take(group, due, cause, percent)

    def _take(self, findings: Sequence[Checked], due: float, cause: Cause, percent: float) -> float:
        """Take points from these checks in proportion to their points; return the number taken."""
        there = sum(finding.outcome.points for finding in findings)
        if due <= 0.005 or not there:  # half of the last digit that is shown
            return 0.0
        share, taken = min(due / there, 1.0), 0.0
        why = f"this course takes at least {percent:g} % of the exercise for {cause.mistake}"
        for finding in findings:
            outcome = finding.outcome
            # rounded down, so that the charge is not too small
            points = math.floor(outcome.points * (1 - share) * 100) / 100
            if points == outcome.points:
                continue
            taken += outcome.points - points
            said = outcome.message if outcome.status != "passed" else ""
            status = "failed" if outcome.status == "passed" else outcome.status
            told = f"{said}; {why}" if said else f"right values; {why}"
            finding.outcome = replace(outcome, points=points, status=status, message=told)
            if outcome.id not in self.of:
                self.of[outcome.id] = cause
                cause.outcomes.append(outcome.id)
        return taken


def settle_alone(findings: Sequence[Checked]) -> list[Outcome]:
    """Return the outcomes with credit given the student's other functions, without diagnosis."""
    for finding in findings:
        check, outcome = finding.check, finding.outcome
        is_due = isinstance(check, Check) and check.own and not finding.is_settled
        if (
            is_due
            and isinstance(check, Check)
            and outcome.status == "failed"
            and not outcome.points
        ):
            finding.is_settled = True
            finding.outcome = _settled(outcome, *check.settled(is_edit=False))
    return [finding.outcome for finding in findings]


def _without_reason(outcome: Outcome) -> str:
    return outcome.message.removesuffix(with_reason("", outcome.credit))


def _settled(outcome: Outcome, said: str, why: str, share: float) -> Outcome:
    """Return an outcome with the share that it earns, and the message that explains it."""
    if not share:
        return outcome
    message = with_reason(said, why)
    points = round(share * outcome.max_points, 6)
    if outcome.visibility == "hidden":
        about = {**outcome.instructor, "message": message, "credit": why}
        return replace(outcome, points=points, instructor=about)
    return replace(outcome, points=points, message=message, credit=why)

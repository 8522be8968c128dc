"""Recognise mistakes by experiments, where the values of one call cannot show them.

Each experiment has a result that only its mistake explains. If a call that fails is right in a
fresh worker, earlier calls leave state behind. If a gradient is right directly after the student's
own forward and wrong after another forward, it uses the last forward and not its cache. Experiments
run only for failures, once per function of a submission.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from grader.checks.answers import Asked
from grader.checks.case import Case
from grader.checks.failure import Failure, close, is_right, parts_of
from grader.checks.student_module import Remote
from grader.sandbox.faults import StudentError
from grader.sandbox.student import Answer, Call

STATE: Final = "state-between-calls"
GLOBAL: Final = "cache-in-global"
_MISSING_KEY: Final = re.compile(r"KeyError: ('[^'\\]{1,40}'|\d{1,9})\s*$")


def mistake(failure: Failure, may_keep: bool = True) -> str:
    """Return the id of the mistake that an experiment shows, or ''."""
    if not all(_was_tried(answer.error) for answer in failure.answers):
        return ""
    for name, (is_costly, shows) in TELLS.items():
        if is_costly and not may_keep:
            continue
        show = functools.partial(shows, failure)
        if failure.asked.once(show, shows, failure.function) if is_costly else show():
            return name
    return ""


def _was_tried(error: StudentError | None) -> bool:
    """Return whether the call answered or raised, instead of timing out."""
    return error is None or error.kinds[:1] not in ((), ("undefined",), ("NotImplementedError",))


def _is_unlisted(failure: Failure) -> bool:
    return "not-parameter" in failure.refusals()


def _is_detached(failure: Failure) -> bool:
    """Return whether all gradients are zero although the output is right."""
    if "no-gradient" not in failure.refusals():
        return False
    reference = failure.asked.reference
    outputs = {
        case: answer
        for case, answer in failure.asked.given().items()
        if case.function == failure.function and isinstance(reference.want(case), str)
    }
    return bool(outputs) and all(is_right(reference, *pair) for pair in outputs.items())


def _wants_more(failure: Failure) -> bool:
    """Return whether it needs a key that only the student's own forward adds to the cache."""
    error = failure.error
    if error is None or error.kinds[:1] != ("KeyError",):
        return False
    found = _MISSING_KEY.search(error.detail)
    if found is None:
        return False
    try:
        key = ast.literal_eval(found[1])
    except (SyntaxError, ValueError):  # the text comes from the student: 007 is not a number
        return False
    reference = failure.asked.reference
    for case in failure.asked.given():
        listed = reference.caches.get(case.function)
        if listed and key not in listed:
            wanted = [*reference.want(case)[:-1], {key: "held"}]
            with contextlib.suppress(StudentError):
                [answer] = failure.asked.student.call([Call(case.function, case.args, wanted)])
                return isinstance(answer.value, list) and answer.value[-1] == {key: True}
    return False


def _remembers(failure: Failure) -> bool:
    """Return whether the failed call is right in a fresh worker."""
    wrong, asked = failure.wrong()[-1:], failure.asked
    if not wrong or not is_right_alone(asked, wrong[0]):
        return False
    others = failure.parts(but=wrong[0])
    return not parts_of(wrong) or bool(others and is_right_alone(asked, wrong[0], others))


def _reads_the_last(failure: Failure) -> bool:
    """Return whether the call is right after its own forward, and wrong after another one."""
    wrong, asked = failure.wrong()[-1:], failure.asked
    if parts_of(wrong):
        others = failure.parts(but=wrong[0])
        alone = is_right_alone(asked, wrong[0])
        return bool(others) and alone and not is_right_alone(asked, wrong[0], others)
    return _gradient_reads_the_last(failure)


def answer_alone(asked: Asked, case: Case, between: Sequence[Case] = ()) -> Answer:
    """Return a fresh worker's answer to a case, after the cases in ``between``."""
    with _fresh(asked) as alone:
        alone.answers([*parts_of([case]), *between])
        return alone.answers([case])[0]


def is_right_alone(asked: Asked, case: Case, between: Sequence[Case] = ()) -> bool:
    """Return whether a case is right in a fresh worker, after the cases in ``between``."""
    return is_right(asked.reference, case, answer_alone(asked, case, between))


def answers_alone(asked: Asked, case: Case) -> bool:
    """Return whether a fresh worker answers a case, right or wrong."""
    return answer_alone(asked, case).error is None


def _gradient_reads_the_last(failure: Failure) -> bool:
    """Return whether a backward that gets its cache still depends on the last forward."""
    gradient = failure.gradient
    if gradient is None or gradient.function != failure.function:
        return False
    rng = failure.rng(f"behaviour {failure.function}")
    at, other = gradient.at(rng), gradient.at(rng)
    right = gradient.backward(failure.asked.reference.module, at)
    with _fresh(failure.asked) as alone:
        remote = Remote(alone)

        def agrees(module: Any) -> bool:
            try:
                found = gradient.backward(module, at)
                return all(close(found[name], right[name]) for name in gradient.wrt)
            except Exception:  # the student's code raises, or its result cannot be compared
                return False

        return agrees(remote) and not agrees(
            _Interrupted(remote, gradient.function, lambda: gradient.loss(remote, other))
        )


class _Interrupted:
    """A module that calls ``first`` just before one of its functions, with the arguments ready."""

    def __init__(self, module: Any, function: str, first: Callable[[], object]) -> None:
        self._module, self._function, self._first = module, function, first

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)
        if name != self._function:
            return found

        def interrupted(*args: Any) -> Any:
            self._first()
            return found(*args)

        return interrupted


@contextlib.contextmanager
def _fresh(asked: Asked) -> Iterator[Asked]:
    """Yield the same program in a fresh worker."""
    alone = asked.fresh()
    try:
        yield alone
    finally:
        alone.student.end()


TELLS: Final[dict[str, tuple[bool, Callable[[Failure], bool]]]] = {
    "parameters-not-registered": (False, _is_unlisted),
    "graph-detached": (False, _is_detached),
    "needs-extra-key": (False, _wants_more),
    STATE: (True, _remembers),
    GLOBAL: (True, _reads_the_last),
}
"""For each mistake: (whether the experiment needs a separate worker, the experiment)."""

"""The course proves itself: what must get full marks does, and what must lose marks does, where it should.

    for line, good in run(course, ["two_layer_network"], seeds=3, jobs=2): print(line)

For each exercise and seed a class is graded, through the same processes and the same sandbox as
any other: the reference, the stub, answers that are all zeros or all ones, every variant, and every
mistake of the catalogue. Besides: the reference agrees with torch autograd (``oracle.py``) and with
numeric gradients, away from kinks; where it is the ``twin.py`` of a solution that uses PyTorch, it
agrees with that solution too, and oracle and solution run in workers.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import itertools
import queue
import subprocess
import sys
import time
import types
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from grader.authoring.stub import stub
from grader.checks import gradients
from grader.checks.arrays import arrays_of
from grader.checks.case import Case
from grader.checks.exercise import Exercise, load_exercise
from grader.checks.mistakes import Mistake, mistaken, module_of
from grader.checks.reference import Module
from grader.course.assignment import Course
from grader.grading.protocol import Settings
from grader.model import Grade, Limits, Outcome, Submission
from grader.runs import local
from grader.sandbox.fork_server import ForkServer, Sandbox
from grader.sandbox.student import Call, Program, Student

CONSTANTS_MAY_EARN: Final = 5.0
ORACLE_AGREES: Final = 1e-10
"""Largest relative difference from torch autograd, on the scale of each array's largest entry."""
TWIN_AGREES: Final = 1e-12
"""The same for a twin and the solution whose twin it is."""
SEED: Final = 1000
TIMED_SEEDS: Final = 3
"""Seeds with which timed checks run too: what they say hardly depends on the inputs."""
MISTAKE_SEEDS: Final = 20
"""Seeds with which every mistake is graded; what is right is graded with all of them."""
NUMBER_SEEDS: Final = 20
"""Seeds with which the reference is compared with the oracle and numeric gradients."""
_SLOW: Final = "numeric-differentiation"
"""The mistake that nothing but the timed checks finds."""

_CONSTANT: Final = """

def _filled(value):
    if isinstance(value, dict):
        return {key: _filled(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(_filled(item) for item in value)
    return np.full(np.shape(value), FILL, np.asarray(value).dtype)


def _made_constant(function):
    def constant(*args):
        try:
            return _filled(function(*args))
        except Exception:
            return FILL

    return constant


import types as _types

for _name, _value in list(globals().items()):
    if isinstance(_value, _types.FunctionType) and not _name.startswith("_"):
        globals()[_name] = _made_constant(_value)
"""


@dataclass
class Findings:
    """What validating one exercise found; ``wrong`` is empty for a sound one."""

    name: str
    checks: int = 0
    points: float = 0.0
    variants: set[str] = field(default_factory=set)
    """The right answers that passed every check with every seed."""
    mistakes: set[str] = field(default_factory=set)
    """The mistakes that lost marks where they should with every seed."""
    caught: int = 0
    """How often a mistake lost marks, over all seeds."""
    named: int = 0
    """How often it was named, too."""
    oracle: float = 0.0
    changes: int = 0
    seeds: int = 0
    mistake_seeds: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    verdicts: dict[tuple[str, str], str] = field(default_factory=dict)
    """(who, check): the verdict with the first seed."""

    def row(self) -> str:
        """One row of the table in docs/validation.md."""
        oracle = f"{self.oracle:.0e}" if self.oracle else "none"
        share = self.named / self.caught if self.caught else 0.0
        return (
            f"| {self.name} | {self.checks} | {self.points:g} | {len(self.variants)} | "
            f"{len(self.mistakes)} | {share:.1%} | {self.changes} in {self.seeds} | "
            f"{self.mistake_seeds} | {oracle} | {self.seconds:.0f} | {_made()} |"
        )


HEADER: Final = (
    "| exercise | checks | points | variants passed | mistakes caught | named, over all seeds | "
    "verdicts changed over seeds | seeds for mistakes | largest difference from torch | "
    "seconds | made |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)
NOTES: Final = f"""
Each row is written by `grader validate NAME --seeds N --write FILE`, which leaves the others as they are;
`make validation` writes them all. A variant counts as passed, and a mistake as caught, when it is with
every seed it is graded with. A mistake that is called by another's name, or that costs marks in a
function it has nothing to do with, is listed below the table, and so is everything else that is not
as it should be. The timed checks, and numeric differentiation in place of backpropagation, which only
they find, run with the first {TIMED_SEEDS} seeds; what numbers say about the reference, with the first
{NUMBER_SEEDS}.
"""


def document(lines: Sequence[str], before: str = "") -> str:
    """docs/validation.md: the rows in ``lines``, those of other exercises in ``before``, problems."""
    rows = {_exercise(line): line for line in before.splitlines() if _exercise(line)}
    names = {_exercise(line) for line in lines}
    rows |= {_exercise(line): line for line in lines if _exercise(line)}
    told = [line[2:] for line in before.splitlines() if line.startswith("- ")]
    wrong = [line for line in told if line.partition(":")[0] not in names]
    wrong += [line.strip() for line in lines if not line.startswith("|")]
    below = "\n".join(f"- {line}" for line in wrong) or "Nothing was otherwise than it should be."
    return "\n".join(["# Validation", NOTES, HEADER, *rows.values(), "", below, ""])


def _exercise(line: str) -> str:
    """The exercise that a line of the table is about, or ''."""
    name = line.removeprefix("| ").partition(" |")[0]
    return name if line.startswith("| ") and name.isidentifier() and name != "exercise" else ""


def _made() -> str:
    """Today, and the commit, with a + if what was validated is not what it holds."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--", "grader", "reference", "tests/hidden")
    return f"{time.strftime('%Y-%m-%d')} {commit}{'+' if changed else ''}"


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    said = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # fixed
    return said.stdout.strip()


def run(
    course: Course, names: Sequence[str], seeds: int, jobs: int, mistakes: int = MISTAKE_SEEDS
) -> Iterator[tuple[str, bool]]:
    """Yield (line, whether it is good) as the exercises are validated."""
    yield HEADER, True
    for name in names:
        found = validate(course, name, seeds, jobs, mistakes=mistakes)
        yield found.row(), not found.wrong
        for line in found.wrong:
            yield f"  {name}: {line}", False


def validate(
    course: Course,
    name: str,
    seeds: int,
    jobs: int,
    timed: int = TIMED_SEEDS,
    mistakes: int = MISTAKE_SEEDS,
) -> Findings:
    """Validate one exercise over ``seeds`` seeds.

    The first ``timed`` of them run the timed checks too; the first ``mistakes``, the mistakes.
    """
    began = time.perf_counter()
    found = Findings(name, seeds=seeds, mistake_seeds=min(seeds, mistakes))
    folder = course.folder / "reference" / name
    source = (folder / "solution.py").read_text(encoding="utf-8")
    known: Sequence[Mistake] = module_of(
        (folder / "mistakes.py").read_text(encoding="utf-8"), f"{name}.mistakes"
    ).MISTAKES
    submissions = list(_submissions(folder, source, known))
    plain = [each for each in submissions if _SLOW not in each.student]
    right = [each for each in submissions if not each.student.startswith("mistake")]
    first = range(SEED, SEED + min(seeds, timed))
    more = range(first.stop, SEED + min(seeds, mistakes))
    rest = range(max(first.stop, more.stop), SEED + seeds)
    found.variants = {s.student for s in submissions if s.student.startswith("variant")}
    found.mistakes = {s.student for s in submissions if s.student.startswith("mistake")}
    for seed, grade in itertools.chain(
        _graded(course, name, submissions, first, jobs),
        _graded(course, name, plain, more, jobs, select="not fast"),
        _graded(course, name, right, rest, jobs, select="not fast"),
    ):
        _judge(found, grade, known, seed)
        _compare(found, grade, seed)
    if found.points != course.assignment(name).max_score:
        found.wrong.append(f"the checks are worth {found.points:g}")
    _check_numbers(course, name, found, seeds)
    found.seconds = time.perf_counter() - began
    return found


def _compare(found: Findings, grade: Grade, seed: int) -> None:
    """Note the verdicts that are others than with the first seed."""
    who = grade.submission.student
    for outcome in grade.outcomes:
        before = found.verdicts.setdefault((who, outcome.id), outcome.status)
        if outcome.status != before:
            found.changes += 1
            found.wrong.append(f"seed {seed}, {who}: {outcome.id} {outcome.status}, not {before}")


def _submissions(folder: Path, source: str, mistakes: Sequence[Mistake]) -> Iterator[Submission]:
    file = f"{folder.name}.py"
    yield Submission("reference", file, source.encode())
    yield Submission("stub", file, stub(source).encode())
    if "import torch" not in source:
        for fill in ("0", "1"):
            yield Submission(
                f"all {fill}", file, f"{source}{_CONSTANT}".replace("FILL", fill).encode()
            )
    for path in sorted((folder / "variants").iterdir()):
        if path.suffix in (".py", ".ipynb"):
            yield Submission(f"variant {path.stem}", folder.name + path.suffix, path.read_bytes())
    for number, mistake in enumerate(mistakes):
        wrong = mistaken(source, mistake)
        yield Submission(f"mistake {number} {mistake.id}", file, wrong.encode())


def _graded(
    course: Course,
    name: str,
    submissions: Sequence[Submission],
    seeds: Sequence[int],
    jobs: int,
    select: str = "",
) -> Iterator[tuple[int, Grade]]:
    """Grade the submissions with every seed, in grading processes that go on from seed to seed."""
    secret = b"validation"
    settings = Settings(
        str(course.folder), name, SEED, secret, preflight=False, select=select
    )  # what a preflight sees, the reference among the submissions shows
    with contextlib.ExitStack() as running:
        free: queue.SimpleQueue[local.Process] = queue.SimpleQueue()
        for _ in range(min(jobs, len(seeds))):
            process = local.Process(settings)
            running.callback(process.end)
            free.put(process)

        def grades(seed: int) -> list[tuple[int, Grade]]:
            process = free.get()
            try:
                return [(seed, grade) for grade in process.all_with(seed, submissions)]
            finally:
                free.put(process)

        threads = running.enter_context(ThreadPoolExecutor(jobs))
        for process in [free.get() for _ in range(free.qsize())]:
            if problem := process.ready().problem:
                raise local.EngineError(problem)
            free.put(process)
        for found in threads.map(grades, seeds):
            yield from found


def _judge(found: Findings, grade: Grade, mistakes: Sequence[Mistake], seed: int) -> None:
    """Note what is wrong with one grade."""
    who = grade.submission.student
    kind, _, rest = who.partition(" ")
    failed = [outcome for outcome in grade.outcomes if outcome.status != "passed"]
    said = f"seed {seed}, {who}: "
    before = len(found.wrong)
    score = grade.score or 0.0
    if grade.status == "error":
        broken = next((o for o in failed if o.status == "error"), None)
        trace = broken.instructor.get("traceback", "") if broken else grade.message
        found.wrong.append(f"{said}could not be judged: {trace.strip().splitlines()[-1:]}")
    elif kind in ("reference", "variant"):
        if failed:
            found.wrong.append(f"{said}loses marks: {failed[0].id}: {failed[0].message}")
        if kind == "reference" and seed == SEED:
            found.checks = len(grade.outcomes)
            found.points = round(sum(outcome.max_points for outcome in grade.outcomes), 6)
    elif kind == "stub" and score > 0:
        found.wrong.append(f"{said}earns {score:g}")
    elif kind == "all" and score > CONSTANTS_MAY_EARN:
        passed = [o.id for o in grade.outcomes if o.points]
        found.wrong.append(f"{said}earn {score:g}: {', '.join(passed)}")
    elif kind == "mistake":
        _judge_mistake(found, failed, mistakes[int(rest.split()[0])], said)
    if len(found.wrong) > before:
        found.variants.discard(who)
        found.mistakes.discard(who)


def _judge_mistake(found: Findings, failed: Sequence[Outcome], mistake: Mistake, said: str) -> None:
    if not failed:
        found.wrong.append(f"{said}is not caught")
        return
    allowed = {mistake.function, *mistake.spoils}
    for outcome in failed:
        function = outcome.instructor.get("function", "")
        if function not in allowed:
            found.wrong.append(
                f"{said}fails {outcome.id}, which is about {function}: {outcome.message}"
            )
        if _name(outcome) not in ("", mistake.id):
            found.wrong.append(f"{said}is called {_name(outcome)} in {outcome.id}")
    if mistake.function not in {outcome.instructor.get("function") for outcome in failed}:
        found.wrong.append(f"{said}loses no marks in {mistake.function}")
    found.caught += 1
    found.named += any(_name(outcome) == mistake.id for outcome in failed)


def _name(outcome: Outcome) -> str:
    """The mistake that a check recognised; a hidden check tells it to the instructor alone."""
    return outcome.mistake or str(outcome.instructor.get("mistake", ""))


# --- numbers ----------------------------------------------------------------------------------


def _check_numbers(course: Course, name: str, found: Findings, seeds: int) -> None:
    """Compare the reference with the oracle and with numeric gradients on the hidden inputs."""
    tests = str(course.folder / "tests" / "hidden")
    if tests not in sys.path:
        sys.path.insert(0, tests)
    cases = importlib.import_module(f"{name}.cases")
    exercise = load_exercise(course.folder, name)
    twin = 0.0
    with contextlib.ExitStack() as open_workers:
        solution, oracle = _others(course, exercise, open_workers)
        for seed in range(min(seeds, NUMBER_SEEDS)):
            for row in _numeric(cases, exercise.reference.module, seed):
                found.wrong.append(f"seed {seed}, {row}")
            if oracle is not None:
                drawn = _drawn(cases, exercise.reference.module, seed)
                found.oracle = max(found.oracle, difference(exercise.reference, oracle, drawn))
            if solution is not None:
                drawn = _drawn(cases, exercise.reference.module, seed)
                twin = max(twin, difference(exercise.reference, solution, drawn))
    if found.oracle > ORACLE_AGREES:
        found.wrong.append(f"the reference differs from torch autograd by {found.oracle:.1e}")
    if twin > TWIN_AGREES:
        found.wrong.append(f"the twin differs from the solution by {twin:.1e}")


def _others(
    course: Course, exercise: Exercise, open_workers: contextlib.ExitStack
) -> tuple[_InWorker | None, _InWorker | Module | None]:
    """The solution, if the reference is its twin, and the oracle, if there is one."""
    folder = course.folder / "reference" / exercise.name
    oracle = folder / "oracle.py"
    source = oracle.read_text(encoding="utf-8") if oracle.exists() else ""
    if not (folder / "twin.py").exists():
        found = Module(module_of(source, "oracle"), exercise.caches) if source else None
        return None, found
    imports = course.assignment(exercise.name).imports
    server = open_workers.enter_context(ForkServer(Sandbox.best(), imports))
    return (
        _InWorker(server, exercise.name, exercise.source, imports),
        _InWorker(server, exercise.name, source, imports) if source else None,
    )


class _InWorker:
    """Code of ours that does not run in this process, answering cases as `Module` does."""

    def __init__(self, server: ForkServer, name: str, source: str, imports: Sequence[str]) -> None:
        program = Program(name, ((f"{name}.py", source),), tuple(imports))
        self._student = Student(server, program, Limits(total=1e9))

    def answer(self, case: Case, want: Any) -> Any:
        """The answer, rebuilt; raises `StudentError`."""
        [answer] = self._student.call([Call(case.function, case.args, want)])
        if answer.error is not None:
            raise answer.error
        return answer.value


def _numeric(cases: Any, reference: types.ModuleType, seed: int) -> Iterator[str]:
    """What disagrees with its numeric gradient, or has too many kinks to tell."""
    for gradient in _gradients(cases):
        at = gradient.at(np.random.default_rng(seed))
        for row in gradients.by_coordinate(gradient, reference, at):
            if not row.agrees or row.skipped > gradients.MOST_SKIPPED * row.size:
                yield f"{gradient.function}: the numeric gradient of {row}"


def _drawn(cases: Any, reference: types.ModuleType, seed: int) -> Iterator[Case]:
    """Every case of every draw of the exercise; timed ones are large, so one of each."""
    for key, function in sorted(vars(cases).items()):
        if key.endswith("_cases") and inspect.isfunction(function) and not key.startswith("bad_"):
            drawn = iter(function(np.random.default_rng(seed), reference))
            yield from [next(drawn)] if key.startswith("timed") else drawn


def _gradients(cases: Any) -> list[gradients.Gradient]:
    return [value for value in vars(cases).values() if isinstance(value, gradients.Gradient)]


def difference(reference: Module, other: Module | _InWorker, cases: Iterator[Case]) -> float:
    """The largest difference between the two, relative to each answer's scale."""
    largest = 0.0
    for case in cases:
        if isinstance(other, Module) and not hasattr(other.module, case.function):
            continue
        want = reference.want(case)
        ours, theirs = arrays_of(reference.answer(case, want)), arrays_of(other.answer(case, want))
        scale = max(
            (float(np.abs(a[np.isfinite(a)]).max(initial=0)) for a in ours.values()), default=0
        )
        for path, array in ours.items():
            finite = np.isfinite(array) & np.isfinite(theirs[path])
            off = np.abs(array[finite] - theirs[path][finite]).max(initial=0.0)
            largest = max(largest, float(off / scale) if scale else 0.0)
        reference.forget()
    return largest

"""Check that the exercises of a course grade correctly.

    for line, good in run(course, ["two_layer_network"], seeds=3, jobs=2): print(line)

The files are checked first (`soundness`), then the students' zip (`handout`); a problem that makes
the rest unreliable ends the validation of an exercise. Then, for each seed, a class is graded with
the usual processes and sandbox: the reference, the stub, constant answers, every variant, and every
mistake of the catalogue. In addition, the reference must agree with torch autograd (``oracle.py``,
which runs where the solution runs) and with numeric gradients, away from kinks.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import itertools
import queue
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from grader.authoring import handout, numbers, rubric, soundness
from grader.authoring.constants import (
    CONSTANTS,
    answering,
    filled,
    without_state,
    written_by_students,
)
from grader.authoring.stub import stub
from grader.authoring.vacuous import Vacuous
from grader.authoring.validation_table import HEADER, TIMED_SEEDS, Findings, Said
from grader.checks.mistakes import Mistake, mistaken_files, module_of
from grader.course.assignment import Course
from grader.errors import UserError
from grader.grading.protocol import Settings
from grader.model import Grade, Outcome, Submission
from grader.runs import local

CONSTANTS_MAY_EARN: Final = 5.0
SEED: Final = 1000
MISTAKE_SEEDS: Final = 20
"""Number of seeds with which mistakes are graded; right solutions use all seeds."""
_SLOW: Final = "numeric-differentiation"
"""The id of the mistake that only timed checks find."""

NO_TORCH: Final = (
    "this exercise needs PyTorch, which is not installed; "
    "install it with: pip install 'backprop-grader[torch]'"
)


def run(
    course: Course, names: Sequence[str], seeds: int, jobs: int, mistakes: int = MISTAKE_SEEDS
) -> Iterator[Said]:
    """Yield each line as it is found, with its meaning for the exercises."""
    has_head = False
    for name in names:
        if problem := _first_problem(course, name):
            yield Said(f"  {name}: {problem}", "slip")
            continue
        found = validate(course, name, seeds, jobs, mistakes=mistakes)
        if not has_head:
            yield Said(HEADER)
        has_head = True
        yield Said(found.row(), "wrong" if found.wrong else "good")
        for line in found.wrong:
            yield Said(f"  {name}: {line}", "wrong")
        for line in found.notes:
            yield Said(f"  {name}: note: {line}")


def _first_problem(course: Course, name: str) -> str:
    """Return the first problem that makes grading the exercise useless, or ''."""
    if missing := _missing_torch(course, name):
        return missing
    try:
        for problem in itertools.chain(
            soundness.problems(course, name),
            _reference_problem(course, name),
            _without_comparison(course, name),
            handout.problems(course, name),
        ):
            return problem
    except UserError as error:
        return str(error)
    return ""


def _missing_torch(course: Course, name: str) -> str:
    """Return advice to install PyTorch if the exercise itself needs it, or ''."""
    needs = course.assignment(name).runtime == "torch"
    return NO_TORCH if needs and importlib.util.find_spec("torch") is None else ""


def _reference_problem(course: Course, name: str) -> Iterator[str]:
    """Yield the first check that the reference fails."""
    grade = _graded_once(course, name)
    wrong = grade.first_failure
    if wrong is not None:
        if problem := _loading_problem(course, name, grade.message):
            yield problem
            return
        trace = str(wrong.instructor.get("traceback", "")).strip()
        said = trace.splitlines()[-1] if trace else wrong.message
        said = wrong.message if said == "AssertionError" and wrong.message else said
        where = _at(trace, wrong.id)
        # an exception of the solution: report its line, and the start of the test
        if where == wrong.id:
            known = {check.id: check.where for check in rubric.checks(course, name)}
            where = ", ".join([f"{where} ({known[wrong.id]})", *_in_solution(course, name, trace)])
        yield f"the reference fails {where}: {said}"
    elif grade.status == "error":
        yield f"the reference cannot be graded: {grade.message}"


def _loading_problem(course: Course, name: str, message: str) -> str:
    """Return a line about an exception that the solution raises while it is loaded, or ''."""
    if "While your file was loaded" not in message:
        return ""
    place = next(iter(_in_solution(course, name, message)), "the solution")
    said = message.strip().splitlines()[-1]
    missing = re.match(r"ModuleNotFoundError: (\w+) is not among", said)
    advice = (
        f"; correct the name, or write imports: [{missing[1]}] in assignments.yaml"
        if missing
        else ""
    )
    return f"{place}: {said}{advice}"


def _in_solution(course: Course, name: str, trace: str) -> list[str]:
    """Return ``path:line`` of the last frame of the solution's files in a traceback, if any."""
    files = dict(zip(course.assignment(name).student_files, course.solutions(name), strict=True))
    lines = re.findall(r'File "([^"]+)", line (\d+)', trace)
    found = [(files[file], line) for file, line in lines if file in files]
    return [f"{path.relative_to(course.folder)}:{line}" for path, line in found[-1:]]


def _at(trace: str, check: str) -> str:
    """Return ``file:line`` of a hidden test in a traceback and the check's id."""
    lines = re.findall(r'File ".*/tests/hidden/([^"]+)", line (\d+)', trace)
    return f"{check} ({lines[-1][0]}:{lines[-1][1]})" if lines else check


def _without_comparison(course: Course, name: str) -> Iterator[str]:
    """Yield the checks that pass whatever the student's functions return."""
    plain = {c.id: c for c in rubric.checks(course, name) if "student" in c.fixtures and not c.skip}
    if not plain:
        return
    for outcome in _graded_once(course, name, objects=True).outcomes:
        if outcome.status == "passed" and outcome.id in plain and not plain[outcome.id].full:
            check = plain[outcome.id]
            yield (
                f"{check.where}: {check.function} compares nothing: it passes whatever is returned; "
                "assert something about a value"
            )


def _graded_once(course: Course, name: str, objects: bool = False) -> Grade:
    """Grade the reference once; with ``objects``, every result is replaced by a fresh object."""
    file, source = course.submitted(name)
    settings = Settings(
        str(course.folder), name, SEED, b"validation", preflight=False, objects=objects
    )
    process = local.Process(settings)
    try:
        if problem := process.ready().problem:
            raise local.EngineError(problem)
        process.send(Submission("reference", file, source))
        return process.grade()[1]
    except EOFError:
        raise local.EngineError(f"the grading process stopped{process.where()}") from None
    finally:
        process.end()


def validate(
    course: Course,
    name: str,
    seeds: int,
    jobs: int,
    timed: int = TIMED_SEEDS,
    mistakes: int = MISTAKE_SEEDS,
    every: int = 1,
) -> Findings:
    """Validate one exercise over ``seeds`` seeds.

    The first ``timed`` seeds also run the timed checks, and the first ``mistakes`` seeds the
    mistakes, of which every ``every``-th is graded. Small edits of the solution are counted if all
    are graded.
    """
    began = time.perf_counter()
    found = Findings(name, seeds=seeds, mistake_seeds=min(seeds, mistakes))
    folder = course.folder / "reference" / name
    known = _mistakes_of(folder)
    found.vacuous = Vacuous(rubric.checks(course, name))
    cases = course.hidden_tests(name) / "cases.py"
    submissions = [
        each
        for each in _submissions(course, name, known, cases.exists())
        if not each.student.startswith("mistake") or int(each.student.split()[1]) % every == 0
    ]
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
    found.wrong += found.vacuous.lines()
    compared = numbers.check(course, name, seeds, scored=every == 1)
    found.oracle = compared.oracle
    found.wrong += compared.wrong
    found.notes += compared.notes
    found.notes += _never_named(found, [each for i, each in enumerate(known) if i % every == 0])
    found.seconds = time.perf_counter() - began
    return found


def _mistakes_of(folder: Path) -> Sequence[Mistake]:
    path = folder / "mistakes.py"
    if not path.exists():
        return ()
    module = module_of(path.read_text(encoding="utf-8"), f"{folder.name}.mistakes")
    found: Sequence[Mistake] = getattr(module, "MISTAKES", ())
    return found


def _never_named(found: Findings, mistakes: Sequence[Mistake]) -> Iterator[str]:
    """Yield why mistakes that lose marks are never recognised by name."""
    by_values = any("check" in check.fixtures for check in found.vacuous.rubric)
    for name in dict.fromkeys(mistake.id for mistake in mistakes):
        if name in found.named_ids:
            continue
        reason = (
            "another mistake, or none, gives the same wrong arrays in the checks that it fails"
            if by_values
            else "plain tests compare no arrays with it; write "
            f"partial_credit(share, message, mistake={name!r}), or ask with check(cases)"
        )
        yield f"{name} is never named: {reason}"


def _compare(found: Findings, grade: Grade, seed: int) -> None:
    """Record the verdicts that differ from those with the first seed."""
    who = grade.submission.student
    for outcome in grade.outcomes:
        before = found.verdicts.setdefault((who, outcome.id), outcome.status)
        if outcome.status != before:
            found.changes += 1
            found.wrong.append(f"seed {seed}, {who}: {outcome.id} {outcome.status}, not {before}")


def _submissions(
    course: Course, name: str, mistakes: Sequence[Mistake], with_cases: bool
) -> Iterator[Submission]:
    sources = course.solution_texts(name)

    def made(who: str, *texts: str) -> Submission:
        return Submission(who, *course.submitted(name, texts))

    yield made("reference")
    yield made("stub", *map(stub, sources))
    if with_cases and "import torch" not in sources[0]:
        for fill in ("0", "1"):
            yield made(f"all {fill}", *(filled(source, fill) for source in sources))
    for value in CONSTANTS:
        texts = [answering(text, value, written_by_students(text)) for text in sources]
        yield made(f"constant {value}", *texts)
        bare = [without_state(text) for text in sources]
        if bare != [ast.unparse(ast.parse(text)) for text in sources]:
            texts = [answering(text, value, written_by_students(source))
                     for text, source in zip(bare, sources, strict=True)]  # fmt: skip
            yield made(f"stateless {value}", *texts)
    yield from _variants(course, name)
    for number, mistake in enumerate(mistakes):
        yield made(f"mistake {number} {mistake.id}", *mistaken_files(sources, mistake))


def _variants(course: Course, name: str) -> Iterator[Submission]:
    """Yield other right solutions: a file each, or a folder with the files that differ."""
    folder, files = (
        course.solution(name).with_name("variants"),
        course.assignment(name).student_files,
    )
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.suffix == ".ipynb":
            yield Submission(f"variant {path.stem}", f"{name}.ipynb", path.read_bytes())
        elif path.suffix == ".py":
            file, data = course.submitted(name, [path.read_text(encoding="utf-8")])
            yield Submission(f"variant {path.stem}", file, data)
        elif path.is_dir() and (path / files[0]).is_file():
            texts = [
                (path / file if (path / file).is_file() else solution).read_text(encoding="utf-8")
                for file, solution in zip(files, course.solutions(name), strict=True)
            ]
            yield Submission(f"variant {path.name}", *course.submitted(name, texts))


def _graded(
    course: Course,
    name: str,
    submissions: Sequence[Submission],
    seeds: Sequence[int],
    jobs: int,
    select: str = "",
) -> Iterator[tuple[int, Grade]]:
    """Grade the submissions with every seed, in processes that stay alive between seeds."""
    secret = b"validation"
    settings = Settings(
        str(course.folder), name, SEED, secret, preflight=False, select=select
    )  # the reference among the submissions makes a preflight unnecessary
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
    """Record the problems in one grade."""
    who = grade.submission.student
    kind, _, rest = who.partition(" ")
    failed = [o for o in grade.outcomes if o.status not in ("passed", "manual")]
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
            found.checks = sum(outcome.status != "manual" for outcome in grade.outcomes)
            found.points = round(sum(outcome.max_points for outcome in grade.outcomes), 6)
    elif kind in ("stub", "constant", "stateless"):
        found.vacuous.note(who, grade)
    elif kind == "all" and score > CONSTANTS_MAY_EARN:
        passed = [o.id for o in grade.outcomes if o.points]
        found.wrong.append(f"{said}earn {score:g}: {', '.join(passed)}")
    elif kind == "mistake":
        judged = [outcome for outcome in failed if outcome.status != "waiting"]
        _judge_mistake(found, judged, mistakes[int(rest.split()[0])], said)
    if len(found.wrong) > before:
        found.variants.discard(who)
        found.mistakes.discard(who)


def _judge_mistake(found: Findings, failed: Sequence[Outcome], mistake: Mistake, said: str) -> None:
    if not failed:
        found.wrong.append(f"{said}is not caught")
        return
    allowed = {mistake.function, *mistake.affects}
    for outcome in failed:
        function = outcome.instructor.get("function", "")
        if function and function not in allowed:
            found.wrong.append(
                f"{said}fails {outcome.id}, which is about {function}: {outcome.message}"
            )
        if _name(outcome) not in ("", mistake.id):
            found.wrong.append(f"{said}is named {_name(outcome)} in {outcome.id}")
    functions = {outcome.instructor.get("function", "") for outcome in failed}
    if not functions & {mistake.function, ""}:
        found.wrong.append(f"{said}loses no marks in {mistake.function}")
    found.caught += 1
    if any(_name(outcome) == mistake.id for outcome in failed):
        found.named += 1
        found.named_ids.add(mistake.id)


def _name(outcome: Outcome) -> str:
    """Return the mistake that a check recognised, also for a hidden check."""
    return outcome.mistake or str(outcome.instructor.get("mistake", ""))

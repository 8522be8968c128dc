"""Import a notebook: read it, write the exercise, test each test, and report the result.

report = run(Path.cwd(), "nbgrader", Path("source/ps1/problem1.ipynb"))
for line in report.lines(): print(line)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.authoring import scaffold
from grader.authoring.importers import beside, limits, nbgrader, otter, prove, write
from grader.authoring.importers.cells import (
    Imported,
    ImportFailedError,
    TestCell,
    identifier,
    read,
)
from grader.course import catalog
from grader.course.assignment import Course
from grader.errors import UserError
from grader.files import write as write_file
from grader.sandbox.student import Budget

MODE: Final = 0o644


class ImportReport(Struct, frozen=True):
    """The result of importing one notebook."""

    notebook: Path
    name: str
    tests: tuple[TestCell, ...]
    questions: int
    files: tuple[Path, ...]
    points: float = 0.0
    """The points of all test cells in the notebook."""
    problem: str = ""
    """Why the tests could not be run, or ''."""
    missing: tuple[str, ...] = ()
    """Packages that the notebook imports but that are not installed."""
    marked: bool = True
    """Whether the notebook marks what students write."""
    set_by_tests: tuple[str, ...] = ()
    """Variables that test cells set and that functions of the solution read."""
    limits: str = ""
    """The line with larger limits in assignments.yaml, or ''."""

    def lines(self) -> Iterator[str]:
        """Yield the report: totals, then each cell that was refused or whose test cannot fail."""
        carried = [test for test in self.tests if not test.problem]
        kept = sum(test.points for test in carried)
        if not self.name:
            yield f"{self.notebook.name}: not imported: {self.problem}"
            return
        yield f"{self.notebook.name} -> {self.name}"
        yield (
            f"  {len(self.tests)} test cells: {len(carried)} imported, "
            f"{len(self.tests) - len(carried)} refused; {kept:g} of {self.points:g} points kept"
        )
        if self.questions:
            yield f"  {self.questions} manual questions"
        yield from self._refused()
        for file in self.files:
            yield f"  data: {file.name}"
        for test in carried:
            if test.cannot_fail:
                yield f"    cell {test.cell}, {test.name}: cannot fail, so it has 0 points"
        yield from self._notes()

    def _notes(self) -> Iterator[str]:
        """Yield what the author should look at."""
        if self.set_by_tests:
            yield (
                f"  functions of the solution read {', '.join(self.set_by_tests)} from test cells: "
                "perhaps an argument was meant"
            )
        if self.limits:
            yield f"  the solution is slow: {self.limits} in assignments.yaml"
        if self.missing:
            yield f"  not installed: {', '.join(self.missing)}; install them and import again"
        if not self.marked:
            yield (
                "  no solution is marked, so students would get all of it: write # BEGIN SOLUTION and "
                f"# END SOLUTION in reference/{self.name}/solution.py"
            )
        if self.problem:
            yield f"  not verified: {self.problem}"

    def _refused(self) -> Iterator[str]:
        """Yield the reasons of refusals, then each refused cell."""
        reasons = Counter(test.problem for test in self.tests if test.problem)
        for reason, count in reasons.most_common():
            yield f"  {count} refused: {reason}"
        for test in self.tests:
            if test.problem:
                yield f"    cell {test.cell}, {test.name}, {test.points:g} points: {test.problem}"


def run(start: Path, system: str, path: Path, name: str = "") -> list[ImportReport]:
    """Import the notebooks at ``path``; raise `ImportFailedError` or `CatalogError`.

    Args:
        start: A folder of the course, or an empty one, in which a course is created.
        system: ``nbgrader`` or ``otter``.
        path: A notebook, or a folder with notebooks.
        name: The name of the exercise, if there is only one notebook.
    """
    notebooks = _notebooks(path)
    if name and len(notebooks) > 1:
        raise ImportFailedError(
            f"{path} contains {len(notebooks)} notebooks; --name works with a single one"
        )
    return [
        _import_one(start, system, notebook, name or identifier(notebook.stem), len(notebooks) == 1)
        for notebook in notebooks
    ]


def _import_one(start: Path, system: str, notebook: Path, name: str, alone: bool) -> ImportReport:
    """Import a notebook; if there are others, a failure is only reported."""
    try:
        return _import(start, system, notebook, name)
    except UserError as error:
        if alone:
            raise
        return ImportReport(notebook, "", (), 0, (), problem=str(error))


def _notebooks(path: Path) -> list[Path]:
    if path.is_dir():
        found = [p for p in sorted(path.rglob("*.ipynb")) if ".ipynb_checkpoints" not in p.parts]
        if not found:
            raise ImportFailedError(f"{path} contains no notebook; give the instructor's .ipynb")
        return found
    if not path.is_file():
        raise ImportFailedError(
            f"{path} does not exist; give the instructor's .ipynb, or its folder"
        )
    return [path]


def _import(start: Path, system: str, notebook: Path, name: str) -> ImportReport:
    found = _converted(system, notebook)
    tests = write.carried(found)
    if not any(not test.problem and write.has_code(test) for test in tests):
        empty = "its test cells are empty; give the instructor's notebook, not the students'"
        reason = f": {tests[0].problem or empty}" if tests else ""
        raise ImportFailedError(f"{notebook}: no test cell can be imported{reason}")
    data = beside.files(notebook)
    missing = write.not_installed(found, beside.modules(data))
    entry = write.entry(found, name, leave_out={*missing, *beside.modules(data)})
    folder = scaffold.begin(start, name, entry, _files(found, name, tests, data))
    beside.copy(data, folder / "exercises" / name / "data")
    course, problem, line = catalog.load(folder), "", ""
    try:
        tests, used = _proved(course, name, found, tests, data)
        line = _raise_limits(course, name, used)
    except (UserError, ValueError, SyntaxError) as error:
        problem = " ".join(str(error).split())
    points = sum(test.points for test in found.tests)
    return ImportReport(
        notebook, name, tuple(tests), len(found.manual), tuple(data.values()),
        points, problem, missing, prove.is_marked(write.solution(found)),
        write.set_by_tests(found, tests), line,
    )  # fmt: skip


def _raise_limits(course: Course, name: str, used: Sequence[Budget]) -> str:
    """Write larger limits for a slow solution; return the line, or ''."""
    usual = course.assignment(name).limits
    if line := limits.entry_line(usual, limits.enough(usual, used)):
        scaffold.add_line(course.folder, name, line)
    return line


def _proved(
    course: Course, name: str, found: Imported, tests: Sequence[TestCell], data: Collection[str]
) -> tuple[list[TestCell], list[Budget]]:
    """Prove the tests; retry those that the reference fails after the cells above them."""
    first, used = prove.proved(course, name, tests)
    again = [_between(test, proof, found) for test, proof in zip(tests, first, strict=True)]
    if any(test.after for test in again):
        others = [test if test.after else replace(test, problem="proved") for test in again]
        _rewrite(course, name, found, others, data)
        second, again_used = prove.proved(course, name, others)
        used = [limits.together(*each) for each in zip(used, again_used, strict=True)]
        first = [two if two.after else one for one, two in zip(first, second, strict=True)]
    _rewrite(course, name, found, first, data)
    return first, used


def _between(test: TestCell, proof: TestCell, found: Imported) -> TestCell:
    """Return the test to run between cells, if the reference fails it at the end."""
    above, all_cells = (write.code_above(found, n) for n in (test.position, len(found.parts)))
    if test.problem or not proof.problem or not 0 < above < all_cells:
        return test
    return replace(test, after=above)


def _converted(system: str, notebook: Path) -> Imported:
    title = notebook.stem.replace("_", " ").replace("-", " ").strip()
    source = read(notebook)
    if system == "nbgrader":
        found = nbgrader.convert(source.cells, title)
    else:
        found = otter.convert(source, title, notebook.parent / "tests")
    return write.with_definitions_of_tests(write.entitled(found))


def _files(
    found: Imported, name: str, tests: Sequence[TestCell], data: Collection[str]
) -> dict[str, str]:
    return {
        f"reference/{name}/solution.py": write.solution(found),
        f"tests/hidden/{name}/test_{name}.py": write.test_file(found, tests, name, data),
    }


def _rewrite(
    course: Course, name: str, found: Imported, tests: Sequence[TestCell], data: Collection[str]
) -> None:
    """Write the tests again, without those that failed the proof."""
    path = course.hidden_tests(name) / f"test_{name}.py"
    write_file(path, write.test_file(found, tests, name, data).encode(), MODE)

"""Measure the pages of a large class: their size, the time to write and to display them.

    python bench/pages.py --students 5000 [--write docs/performance.md]

The class is generated, not graded (tests/browser/classes.py). Chromium ($CHROMIUM, or the one on
the PATH) opens the report from its file; a sort or a filter counts until the frame that shows it is
drawn. Each time is the median of `TIMES`, each on a newly opened page.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from measure import machine, write_section

from grader.model import Grade
from grader.results import class_report, feedback

BROWSER = Path(__file__).parents[1] / "tests" / "browser"
TIMES: Final = 5
DRAWN = "() => new Promise(drawn => requestAnimationFrame(() => setTimeout(drawn)))"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=5000)
    parser.add_argument(
        "--write", type=Path, metavar="FILE", help="put it into this file's section"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        text = measured(options.students, Path(folder))
    print(text)
    if options.write:
        write_section(options.write, "pages", text)


def measured(students: int, folder: Path) -> str:
    """Return the section: sizes and times."""
    sys.path.insert(0, str(BROWSER))
    import classes  # type: ignore[import-not-found]  # beside its pages

    run, assignment, grades = classes.drawn(students)
    began = time.perf_counter()
    pages = sum(_written(folder, feedback.render(run, assignment, each), each) for each in grades)
    between = time.perf_counter()
    links = {each.submission.student: _name(each) for each in grades}
    report = class_report.render(run, assignment, grades, links)
    ended = time.perf_counter()
    path = folder / "report.html"
    path.write_bytes(report)
    rows = [
        (
            "feedback pages, written",
            f"{between - began:.1f} s, {pages / students / 1e3:.0f} kB each",
        ),
        ("class report, written", f"{ended - between:.2f} s"),
        (
            "its size",
            f"{len(report) / 1e6:.2f} MB, {len(gzip.compress(report)) / 1e6:.2f} MB packed",
        ),
        *((what, f"{seconds * 1000:.0f} ms") for what, seconds in shown(path).items()),
    ]
    table = "\n".join(f"| {what} | {cost} |" for what, cost in rows)
    return (
        f"## The pages of {students:,} students\n\n"
        f"`python bench/pages.py --students {students}` on {time.strftime('%Y-%m-%d')}, on "
        f"{machine()}; in Chromium the median of {TIMES}, until what was asked for is drawn.\n\n"
        f"| what | cost |\n|---|---|\n{table}\n"
    )


def _written(folder: Path, page: bytes, grade: Grade) -> int:
    path = folder / _name(grade)
    path.parent.mkdir(exist_ok=True)
    return path.write_bytes(page)


def _name(grade: Grade) -> str:
    return f"feedback/{feedback.file_name(grade.submission.student)}"


def shown(path: Path) -> dict[str, float]:
    """Return the median seconds until each action on the report is drawn."""
    times: dict[str, list[float]] = {}
    with chromium() as browser:
        for _ in range(TIMES):
            page = browser.new_page(reduced_motion="reduce")
            for what, seconds in _visit(page, path):
                times.setdefault(what, []).append(seconds)
            page.close()
    return {what: statistics.median(found) for what, found in times.items()}


def _visit(page: Any, path: Path) -> Iterator[tuple[str, float]]:
    def timed(what: str, act: Any) -> tuple[str, float]:
        began = time.perf_counter()
        act()
        page.evaluate(DRAWN)
        return what, time.perf_counter() - began

    yield timed("opening it", lambda: page.goto(path.as_uri()))
    by_score = page.locator("#list th[data-key=score] button")
    yield timed("sorting the students by score", by_score.click)
    yield timed("finding a student by name", lambda: page.fill("[name=text]", "hopper"))
    page.click("#filter button[type=reset]")
    yield timed("those with 50 points or more", lambda: page.fill("[name=low]", "50"))
    whole = page.locator("table.sortable").first.get_by_role("button", name="Tells apart")
    yield timed("sorting the checks", whole.click)


@contextlib.contextmanager
def chromium() -> Iterator[Any]:
    """Provide the installed browser."""
    from chromium import CHROMIUM, QUIET  # type: ignore[import-not-found]
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None or shutil.which(CHROMIUM) is None:
        raise SystemExit("no Chromium: install it, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield browser
        browser.close()


if __name__ == "__main__":
    main()

"""Run every notebook of the course from top to bottom, with the solution and with the stub.

    python bench/notebooks.py [--write docs/performance.md] [NAME ...]

Each notebook runs in Jupyter's kernel, in a folder with the content of the students' zip, on one
core and without a network. The table shows the CPU seconds of both runs, the number of pictures
that the solution shows, and the size of the zip.
"""

from __future__ import annotations

import argparse
import functools
import io
import os
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from measure import machine, times, write_section

from grader.authoring import release
from grader.course import catalog

ROOT = Path(__file__).parents[1]
LIMIT = 60
"""CPU seconds that a notebook with the solution may use, on one core."""
PICTURES = ("image/png", "text/html")


@dataclass(frozen=True)
class Run:
    """A notebook that was run from top to bottom."""

    document: Any
    seconds: float
    """CPU seconds of its kernel."""

    @property
    def printed(self) -> str:
        """Return everything that its cells printed."""
        return "".join(o.text for o in self._outputs() if o.output_type == "stream")

    @property
    def errors(self) -> list[str]:
        """Return the exceptions that a reader sees."""
        return [f"{o.ename}: {o.evalue}" for o in self._outputs() if o.output_type == "error"]

    @property
    def pictures(self) -> list[str]:
        """Return the text alternative of every plot, and the description of every graph."""
        return list(self._pictures())

    def _pictures(self) -> Iterator[str]:
        for output in self._outputs():
            data = output.get("data", {})
            if "image/png" in data:
                yield output.metadata.get("image/png", {}).get("alt", "")
            elif "<svg " in data.get("text/html", ""):
                yield data["text/html"].partition("<desc")[2].partition("</desc>")[0]

    def _outputs(self) -> Iterator[Any]:
        for cell in self.document.cells:
            yield from cell.get("outputs", [])


def notebook(name: str, *, solved: bool) -> Any:
    """Return an exercise's notebook as students get it, or with the solution filled in."""
    course = catalog.load(ROOT)
    source = course.solutions(name)[0].read_text(encoding="utf-8")
    path = course.exercise(name) / f"{name}.ipynb"
    data = release.notebook(source, name) if solved else path.read_bytes()
    return nbformat.reads(data.decode(), 4)


def run(name: str, documents: Sequence[Any]) -> list[Run]:
    """Run notebooks in turn in one kernel, in a folder made from the students' zip."""
    from nbclient import NotebookClient

    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MPLBACKEND="agg")
    runs = []
    with tempfile.TemporaryDirectory(prefix="grader-bench-") as made:
        with zipfile.ZipFile(io.BytesIO(zipped(name))) as archive:
            archive.extractall(made)
        place = {"metadata": {"path": str(Path(made) / name)}}
        client = NotebookClient(documents[0], timeout=600, kernel_name="python3", resources=place)
        with client.setup_kernel():
            kernel = client.km.provisioner.pid
            for document in documents:
                client.nb, client.code_cells_executed = document, 0
                begin = sum(times(kernel))
                for number, cell in enumerate(document.cells):
                    client.execute_cell(cell, number)
                runs.append(Run(document, sum(times(kernel)) - begin))
    return runs


@functools.cache
def zipped(name: str) -> bytes:
    """Return the students' zip of an exercise."""
    course = catalog.load(ROOT)
    folder = course.exercise(name)
    built = {path: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    return release.packed(course, name, built)


def row(name: str) -> str:
    """Return the line of an exercise in the table."""
    [stub] = run(name, [notebook(name, solved=False)])
    [solution] = run(name, [notebook(name, solved=True)])
    size = len(zipped(name)) / 1024
    print(f"{name}: {solution.seconds:.1f} s, {len(solution.pictures)} pictures", flush=True)
    return (
        f"| {name} | {solution.seconds:.1f} | {stub.seconds:.1f} | {len(solution.pictures)} | "
        f"{size:.0f} kB |"
    )


def main() -> None:
    """Measure, and write the section if requested."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--write", type=Path, help="put the table into this page")
    options = parser.parse_args()
    names = options.names or [each.name for each in catalog.load(ROOT).assignments]
    table = [
        "| exercise | solution, CPU s | stub, CPU s | pictures | zip |",
        "|---|---|---|---|---|",
        *map(row, names),
    ]
    text = (
        "## Notebooks\n\n"
        "CPU time of each notebook from top to bottom, its self-check included. A notebook should take at most "
        f"{LIMIT} s with the solution. With the stub it says what is missing and goes on. "
        f"Run `python bench/notebooks.py`. {machine()}\n\n" + "\n".join(table)
    )
    print(text)
    if options.write:
        write_section(options.write, "notebooks", text)


if __name__ == "__main__":
    main()

"""Build the zip that an instructor uploads or commits so that a system can grade.

    build(course, "lstm_cell", "gradescope", Path("out"))     # out/lstm_cell-gradescope.zip

A bundle contains the grader as a wheel, the versions it was built with, one assignment with its
hidden tests, and a new secret. It is safe to run but must not be published. Where the system runs
its scripts as root, they make the files readable only for root before student code is read.
"""

from __future__ import annotations

import json
import os
import platform
import re
import uuid
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

import yaml

from grader.course.assignment import Assignment, Course
from grader.course.secret import course_secret
from grader.course.yaml_nodes import FILE, CatalogError
from grader.files import write
from grader.lms.jobs.wheel import BESIDES, WHEEL, Files, constraints, packed, wheel

TEMPLATES: Final = Path(__file__).with_name("templates")
TORCH_INDEX: Final = "--extra-index-url https://download.pytorch.org/whl/cpu"
SECRET_BYTES: Final = 32


def build(course: Course, name: str, format: str, out: Path) -> Path:
    """Write ``out/<name>-<format>.zip`` with mode 600; raise `CatalogError`."""
    known = {**FORMATS, "worker": _worker}
    if format not in known:
        raise CatalogError(f"unknown format {format!r}; choose one of: {', '.join(known)}")
    assignment = course.assignment(name)
    files = known[format](course, assignment)
    out.mkdir(parents=True, exist_ok=True)
    return write(out / f"{name}-{format}.zip", packed(files))


# --- one function per system: (course, assignment) -> files -------------------------------------


def _gradescope(course: Course, assignment: Assignment) -> Files:
    return {
        **_rendered("gradescope", assignment),
        **_installable(assignment),
        **_below("course", course_files(course, assignment)),
    }


def _prairielearn(course: Course, assignment: Assignment) -> Files:
    texts = dict(_rendered("prairielearn", assignment))
    question = f"questions/{assignment.name}"
    return {
        "README.md": texts["README.md"],
        **_below("image", _image(assignment)),
        f"{question}/info.json": _info(assignment),
        f"{question}/question.html": texts["question.html"],
        f"{question}/tests/run.sh": texts["run.sh"],
        **_below(f"{question}/tests/course", course_files(course, assignment)),
    }


def _github(course: Course, assignment: Assignment) -> Files:
    texts = dict(_rendered("github", assignment))
    return {
        "README.md": texts["README.md"],
        ".github/workflows/grade.yml": texts["grade.yml"],
        "grader/install.sh": texts["install.sh"],
        "grader/grade.sh": texts["grade.sh"],
        **_below("grader", _installable(assignment)),
        **_below("grader/course", course_files(course, assignment)),
    }


def _gitlab(course: Course, assignment: Assignment) -> Files:
    texts = dict(_rendered("gitlab", assignment))
    return {
        "README.md": texts["README.md"],
        ".gitlab-ci.yml": texts["gitlab-ci.yml"],
        **_below("image", _docker(course, assignment)),
    }


def _classroom50(course: Course, assignment: Assignment) -> Files:
    """Return the bundle: the public part has no tests, the rest is for the runner's root user."""
    texts = dict(_rendered("classroom50", assignment))
    return {
        "README.md": texts["README.md"],
        f"autograders/{assignment.name}/autograder.py": texts["autograder.py"],
        "runner/install.sh": texts["install.sh"],
        "runner/grade.sh": texts["grade.sh"],
        **_below("runner", _installable(assignment)),
        **_below("runner/course", course_files(course, assignment)),
    }


def _vpl(course: Course, assignment: Assignment) -> Files:
    return {
        **_rendered("vpl", assignment),
        **_installable(assignment),
        "course.zip": packed(course_files(course, assignment)),
    }


def _coderunner(course: Course, assignment: Assignment) -> Files:
    return {
        **_rendered("coderunner", assignment),
        **_installable(assignment),
        "course.zip": packed(course_files(course, assignment)),
    }


def _docker(course: Course, assignment: Assignment) -> Files:
    texts = dict(_rendered("docker", assignment))
    return {
        "README.md": texts["README.md"],
        "Dockerfile": texts["Dockerfile.course"],
        **_installable(assignment),
        **_below("course", course_files(course, assignment)),
    }


def _worker(course: Course, assignment: Assignment) -> Files:
    """Return the bundle for our own workers, the only one with the course's secret."""
    own = {**course_files(course, assignment), ".grader-secret": course_secret(course.folder)}
    return {
        **_rendered("worker", assignment),
        WHEEL: wheel(),
        "constraints.txt": constraints(assignment, "celery", "redis"),
        **_below("course", own),
    }


FORMATS: Final[Mapping[str, Callable[[Course, Assignment], Files]]] = {
    "gradescope": _gradescope,
    "prairielearn": _prairielearn,
    "github": _github,
    "gitlab": _gitlab,
    "classroom50": _classroom50,
    "vpl": _vpl,
    "coderunner": _coderunner,
    "docker": _docker,
}


def _rendered(folder: str, assignment: Assignment) -> Files:
    """Return a system's templates with names filled in."""
    values = {
        "NAME": assignment.name, "TITLE": assignment.title, "WHEEL": WHEEL,
        "POINTS": f"{assignment.max_score:g}", "PACKAGES": _packages(assignment),
        "PYTHON": ".".join(platform.python_version_tuple()[:2]),
    }  # fmt: skip

    def fill(text: str) -> bytes:
        return re.sub("@([A-Z]+)@", lambda match: values[match[1]], text).encode()

    paths = sorted((TEMPLATES / folder).iterdir())
    texts = {path.name: path.read_text(encoding="utf-8") for path in paths if path.is_file()}
    return {name.removesuffix(".in"): fill(text) for name, text in texts.items()}


def _packages(assignment: Assignment) -> str:
    """Return the packages for pip besides the grader, and their index."""
    known = metadata.packages_distributions()
    found = sorted({known.get(module, [module])[0] for module in assignment.imports})
    index = [TORCH_INDEX] if assignment.runtime == "torch" else []
    return "".join(f" {word}" for word in (*index, *found, *BESIDES))


def _image(assignment: Assignment) -> Files:
    return {
        "Dockerfile": _rendered("docker", assignment)["Dockerfile"],
        **_installable(assignment),
    }


def _installable(assignment: Assignment) -> Files:
    return {WHEEL: wheel(), "constraints.txt": constraints(assignment)}


def _info(assignment: Assignment) -> bytes:
    """Return PrairieLearn's info.json; the same assignment always has the same uuid."""
    seconds = min(600, round(assignment.limits.patience))
    document = {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_URL, f"grader/{assignment.name}")),
        "title": assignment.title,
        "topic": "Neural networks",
        "type": "v3",
        "gradingMethod": "External",
        "externalGradingOptions": {
            "enabled": True,
            "image": str(assignment.lms.get("prairielearn", {}).get("image", "YOUR/grader")),
            "entrypoint": "/grade/tests/run.sh",
            "timeout": seconds,
            "enableNetworking": False,
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"


# --- the course, reduced to one assignment ------------------------------------------------------


def course_files(course: Course, assignment: Assignment) -> Files:
    """Return the files for grading one assignment, with a new secret."""
    name, folder = assignment.name, course.folder
    found = {FILE: _catalog(folder / FILE, name)}
    stub = course.exercise(name) / f"{name}.py"
    paths = [*course.grading_files(name), *([stub] if stub.is_file() else [])]
    for path in sorted(paths):
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    found[".grader-secret"] = os.urandom(SECRET_BYTES).hex().encode()
    return found


def _catalog(path: Path, name: str) -> bytes:
    """Return ``assignments.yaml`` with one entry; the rest of the file unchanged."""
    root = yaml.compose(path.read_text(encoding="utf-8-sig"), yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise CatalogError(f"{path} is not a mapping")
    for key, value in root.value:
        if key.value == "assignments":
            value.value = [entry for entry in value.value if _named(entry) == name]
    text: str = yaml.serialize(root, allow_unicode=True)
    return text.encode()


def _named(entry: yaml.Node) -> str:
    pairs = {key.value: value.value for key, value in entry.value}
    return str(pairs.get("name", ""))


# --- the grader, as a wheel ---------------------------------------------------------------------


# --- packing ------------------------------------------------------------------------------------


def _below(folder: str, files: Files) -> Files:
    return {f"{folder}/{path}": data for path, data in files.items()}

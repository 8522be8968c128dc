"""docs/lms says only what works: every command is run as it stands, on downloads such as it names."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from places import ROOT

from grader.inbox import KINDS
from grader.lms import ANSWERS, EXPORTS
from grader.lms.jobs.bundle import FORMATS

DOCS = ROOT / "docs" / "lms"
PAGES = sorted(DOCS.glob("*.md"))
BLOCK = re.compile(r"(?P<before><!-- not run here[^>]*-->\n)?```sh\n(?P<code>.*?)```", re.DOTALL)
NAME = "two_layer_network"
WORK = (ROOT / "examples" / "class" / "ada" / f"{NAME}.py").read_bytes()
TITLE = "Two-layer network"
DOWNLOADS = {
    "gradescope": ({
        "submission_metadata.yml": b"---\nsubmission_1:\n  :submitters:\n  - :name: Ada\n"
                                   b"    :sid: 17\n    :email: ada@example.edu\n",
        f"submission_1/{NAME}.py": WORK,
    }, "grades.csv", "Name,SID,Email,Total Score,Max Points\nAda,17,ada@example.edu,,100\n"),
    "canvas": ({f"lovelaceada_17_99_{NAME}.py": WORK}, "gradebook.csv",
               f"Student,ID,SIS User ID,SIS Login ID,Section,{TITLE} (34)\nAda,17,,ada,A,\n"),
    "brightspace": ({f"17-5 - Ada B - Nov 20, 2026 1000 AM/{NAME}.py": WORK}, "x.txt", ""),
    "sakai": ({f"HW/B, Ada(ada)/Submission attachment(s)/{NAME}.py": WORK}, "x.txt", ""),
    "teams": ({f"Submitted files/Ada B/HW/Version 1/{NAME}.py": WORK}, "x.txt", ""),
    "moodle": ({f"Ada_17_assignsubmission_file_/{NAME}.py": WORK}, "worksheet.csv",
               "Identifier,Full name,Grade,Maximum Grade,Feedback comments\n"
               "Participant 17,Ada,,100.00,\n"),
    "blackboard": ({f"HW1_ada_attempt_2026-01-02-03-04-05_{NAME}.py": WORK}, "gradebook.xls",
                   f'"Username"\t"{TITLE} [Total Pts: 100 Score] |55"\n"ada"\t""\n'),
}  # fmt: skip
FOLDERS = {
    "nbgrader": {f"submitted/ada/{NAME}/{NAME}.py": WORK},
    "github": {f"{NAME}-submissions/{NAME}-ada/{NAME}.py": WORK,
               f"{NAME}-submissions/{NAME}-ada/.git/HEAD": b"ref: refs/heads/main\n"},
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need, so that nothing they write stays."""
    folder = tmp_path_factory.mktemp("docs") / "course"
    for name in ("reference", "exercises", "tests/hidden", "examples/class/ada"):
        skip = shutil.ignore_patterns("__pycache__", "variants")
        shutil.copytree(ROOT / name, folder / name, ignore=skip)
    shutil.copy(ROOT / "assignments.yaml", folder)
    return folder


def provide(page: str, folder: Path) -> None:
    """What the instructor downloaded before the commands of a page."""
    if page in DOWNLOADS:
        files, name, text = DOWNLOADS[page]
        with zipfile.ZipFile(folder / "submissions.zip", "w") as archive:
            for path, data in files.items():
                archive.writestr(path, data)
        (folder / name).write_text(text)
    for path, data in FOLDERS.get(page, {}).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_runs(page: Path, course: Path) -> None:
    blocks = BLOCK.finditer(page.read_text(encoding="utf-8"))
    lines = [line for found in blocks if not found["before"] for line in found["code"].splitlines()]
    assert lines
    provide(page.stem, course)
    python = str(Path(sys.executable).parent)
    environ = {
        **os.environ,
        "PATH": f"{python}:{os.environ['PATH']}",
        "CI_PROJECT_DIR": str(course),
    }
    for line in lines:
        done = subprocess.run(
            shlex.split(line), cwd=course, env=environ, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (line, done.stdout[-1000:], done.stderr[-1000:])
        assert "no place for the grade" not in done.stdout, line


def test_there_is_a_page_for_each_system() -> None:
    stems = {page.stem for page in PAGES}
    systems = {*ANSWERS, *FORMATS, *KINDS, *EXPORTS} - {"git", "plain", "csv"}
    assert {name.removesuffix("-csv") for name in systems} <= stems


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (DOCS / target).exists()] == []

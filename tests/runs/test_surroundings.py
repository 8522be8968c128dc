"""No command of ours imports, runs or trusts what lies around it: see `traps`.

One run of each command stands in a hostile folder, below another and in a hostile environment. Each
trap marks that it was sprung in its own folder, so that a mark tells which of the three it was.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import traps
from places import ROOT

from grader.course import catalog
from grader.lms import JOBS
from grader.lms.jobs import bundle
from grader.results.store import Run, Store, StoreError
from grader.runs import grading_process, local

NAME = "computation_graph"
PRECIOUS = "precious\n"
ISOLATED = [sys.executable, "-I", "-m", "grader"]
"""As the scripts of bundles call it; the command ``grader`` is tried by itself below."""
LINKS = (
    ".report.xml.part", "report.xml", ".result.json.part", "result.json", "results.json", "out.txt",
    "summary.md", "staff.log", ".grades.json.part",
)  # fmt: skip


class Place:
    """A student's folder full of traps, below another one, and an environment that points to a third."""

    def __init__(self, folder: Path) -> None:
        self.above, self.around = folder / "above", folder / "environment"
        self.here = self.above / "between" / "repo"
        self.course = self.above / "home" / "course"
        self.victim = folder / "victim"
        self.out = folder / "out"
        for each in (self.above, self.here, self.around):
            traps.plant(each)
        self._course()
        self.file = self.here / f"{NAME}.py"
        shutil.copy(ROOT / "exercises" / NAME / f"{NAME}.py", self.file)
        self.victim.write_text(PRECIOUS)
        for name in LINKS:
            (self.here / name).symlink_to(self.victim)

    def _course(self) -> None:
        for name in (f"reference/{NAME}", f"tests/hidden/{NAME}", f"exercises/{NAME}"):
            shutil.copytree(ROOT / name, self.course / name)
        shutil.copy(ROOT / "assignments.yaml", self.course)
        text = (ROOT / "assignments.yaml").read_text()
        for name in {line.split()[-1] for line in text.splitlines() if "- name:" in line} - {NAME}:
            for kind in (f"reference/{name}", f"tests/hidden/{name}"):
                (self.course / kind).mkdir(parents=True)
            shutil.copy(ROOT / f"reference/{name}/solution.py", self.course / f"reference/{name}")

    def environment(self) -> dict[str, str]:
        """What a shell can set, each pointing into a hostile folder or at a trap."""
        around = str(self.around)
        return {
            "PATH": f".::{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": os.environ.get("HOME", "/"), "GRADER_COURSE": str(self.course),
            "PYTHONPATH": f":{around}", "PYTHONSTARTUP": f"{around}/trap.py", "PYTHONHOME": around,
            "PYTHONUSERBASE": around, "PYTHONPYCACHEPREFIX": around, "PYTHONINSPECT": "1",
            "PYTHONBREAKPOINT": "trap.trap", "PYTHONWARNINGS": "error::trap.Trap",
            "PYTEST_ADDOPTS": "-p trap -k nothing", "PYTEST_PLUGINS": "trap",
            "CELERY_CONFIG_MODULE": "celeryconfig", "CELERY_LOADER": "trap", "MATPLOTLIBRC": around,
            "CELERY_CUSTOM_WORKER_POOL": "trap:Trap", "TMPDIR": ".", "XDG_CACHE_HOME": ".",
            "GITHUB_OUTPUT": "out.txt", "GITHUB_STEP_SUMMARY": "summary.md",
        }  # fmt: skip

    def run(self, *command: object, environ: dict[str, str] | None = None) -> str:
        """Run a command here and return what it says."""
        environ = self.environment() if environ is None else environ
        done = subprocess.run(
            [str(word) for word in command], cwd=self.here, env=environ, capture_output=True,
            text=True, errors="replace", timeout=200, check=False,
        )  # fmt: skip
        return done.stdout + done.stderr

    def nothing_happened(self) -> None:
        """Check that no trap was sprung and no link followed."""
        assert {"above": [], "environment": []} == {
            "above": traps.sprung(self.above), "environment": traps.sprung(self.around)
        }  # fmt: skip
        assert PRECIOUS == self.victim.read_text()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_grade_and_what_follows_it(place: Place) -> None:
    """One run: grade, show, regrade, report; the untouched stub gets nothing."""
    said = place.run(*ISOLATED, "grade", place.file, "--assignment", NAME, "--out", place.out)
    assert f"course: {place.course}" in said
    assert "only the unchanged stub was submitted" in said
    shutil.copy(ROOT / f"reference/{NAME}/mistakes.py", place.file)  # anything that is not the stub
    place.run(*ISOLATED, "grade", place.file, "--assignment", NAME, "--out", place.out, "--resume")
    shown = place.run(*ISOLATED, "show", place.out, NAME, "test_compose")
    assert "inputs, expected and got" in shown or "passed" in shown, shown
    assert "0 scores change" in place.run(*ISOLATED, "regrade", place.out)
    assert "report.html" in place.run(*ISOLATED, "report", place.out)
    place.nothing_happened()


def test_the_command_of_an_installation(place: Place) -> None:
    """``grader`` itself, started in a student's folder with somebody's pytest options."""
    environ = {k: v for k, v in place.environment().items() if not k.startswith("PYTHON")}
    command = Path(sys.executable).with_name("grader")
    said = place.run(command, "grade", place.file, "--assignment", NAME, "--out", place.out,
                     environ=environ)  # fmt: skip
    assert "only the unchanged stub was submitted" in said
    place.nothing_happened()


@pytest.mark.parametrize("system", sorted(JOBS))
def test_autograde(place: Place, system: str) -> None:
    """Every system's job in the student's checkout; its result replaces a link."""
    said = place.run(*ISOLATED, "autograde", "--lms", system, "--assignment", NAME,
                     "--submission", place.file, "--staff-log", "staff.log")  # fmt: skip
    place.nothing_happened()
    assert "Traceback" not in said
    if system in ("gitlab", "classroom50"):
        result = place.here / {"gitlab": "report.xml", "classroom50": "result.json"}[system]
        assert not result.is_symlink()
        assert "only the unchanged stub" in result.read_text() or '"score": 0' in result.read_text()


@pytest.mark.parametrize("system", ["vpl", "coderunner"])
def test_scripts_in_the_folder_of_a_job(place: Place, system: str) -> None:
    """VPL and CodeRunner run in the folder that holds what was handed in."""
    course = catalog.load(place.course)
    bundle.build(course, NAME, system, place.out)
    shutil.unpack_archive(place.out / f"{NAME}-{system}.zip", place.out)
    shutil.copy(place.out / "course.zip", place.here)
    environ = {k: v for k, v in place.environment().items() if not k.startswith("PYTHON")}
    environ |= {"VPL_SUBFILE0": f"{NAME}.py", "VPL_GRADEMAX": "100"}
    if system == "vpl":
        (place.here / "vpl_environment.sh").touch()
        shutil.copy(place.out / "vpl_evaluate.sh", place.here)
        place.run("/bin/bash", "vpl_evaluate.sh", environ=environ)
        said = place.run("/bin/bash", "./vpl_execution", environ=environ)
        assert "Grade :=>> 0" in said
    else:
        text = (place.out / "template.py").read_text().replace("{{ STUDENT_ANSWER | e('py') }}", "")
        (place.here / "prog.py").write_text(text)
        said = place.run(sys.executable, "prog.py", environ=environ)
        assert '"fraction": 0' in said
    place.nothing_happened()


def test_traps_spring_without_the_protection(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Started as until now, with ``-c`` in the student's folder, the same process runs them."""

    def unprotected(code: str, *arguments: str) -> list[str]:
        return [sys.executable, "-c", code, *arguments]

    monkeypatch.chdir(place.here)
    monkeypatch.setattr(grading_process.interpreter, "command", unprotected)
    monkeypatch.setattr(grading_process.interpreter, "NEUTRAL", str(place.here))
    settings = local.Settings(str(place.course), NAME, 1, b"secret")
    process = local.Process(settings)
    with pytest.raises(local.EngineError):
        process.ready()
    assert traps.sprung(place.here)


# --- which course is used -----------------------------------------------------------------------


@pytest.fixture
def course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course that nobody has named."""
    monkeypatch.delenv("GRADER_COURSE", raising=False)
    monkeypatch.delenv("SUDO_UID", raising=False)
    return bare_course(tmp_path / "course")


def bare_course(folder: Path) -> Path:
    """Write what makes a folder a course."""
    (folder / "tests" / "hidden").mkdir(parents=True)
    (folder / "reference").mkdir()
    (folder / "assignments.yaml").write_text("title: Ours\nassignments: []\n")
    return folder


def inside_another(course: Path) -> Path:
    return bare_course(course / "submissions" / "mallory")


def below_another(course: Path) -> Path:
    return bare_course(course / "a" / "b" / "c" / "d")


def of_another(course: Path) -> Path:
    os.chown(course, 12345, 12345)
    return course


def its_file_of_another(course: Path) -> Path:
    os.chown(course / "assignments.yaml", 12345, 12345)
    return course


def its_tests_of_another(course: Path) -> Path:
    os.chown(course / "tests" / "hidden", 12345, 12345)
    return course


def its_file_a_link_of_another(course: Path) -> Path:
    other = course.parent / "other"
    other.mkdir()
    (other / "assignments.yaml").symlink_to(course / "assignments.yaml")
    os.lchown(other / "assignments.yaml", 12345, 12345)
    return other


def open_to_all(course: Path) -> Path:
    (course / "tests" / "hidden").chmod(0o777)
    return course


FOUND = {
    inside_another: "lies inside the course", below_another: "lies inside the course",
    of_another: "belongs to another user", its_file_of_another: "belongs to another user",
    its_tests_of_another: "belongs to another user",
    its_file_a_link_of_another: "belongs to another user", open_to_all: "everyone may write",
}  # fmt: skip


@pytest.mark.parametrize("make", FOUND, ids=lambda make: make.__name__)
def test_a_course_that_may_be_a_students_has_to_be_named(
    course: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], Path]
) -> None:
    """One clear line says why, and how to name it; a sound course is found from below."""
    if os.geteuid() != 0 and "another" in FOUND[make]:
        pytest.skip("elsewhere: only root gives files away")
    assert course.resolve() == catalog.find_course(course / "tests")
    found = make(course)
    with pytest.raises(catalog.CatalogError, match=FOUND[make]) as told:
        catalog.find_course(found)
    assert "\n" not in str(told.value)
    monkeypatch.setenv("GRADER_COURSE", str(found))
    assert found.resolve() == catalog.find_course(found)


@pytest.mark.parametrize("given", [".", "work.py", "..", "../course"])
def test_a_course_in_what_is_to_be_graded_has_to_be_named(course: Path, given: str) -> None:
    """Her assignments.yaml beside her file, or in the folder that is graded."""
    (course / "work.py").touch()
    with pytest.raises(catalog.CatalogError, match="lies in the files to grade"):
        catalog.find_course(course, [course / given])
    (course / "class").mkdir()
    (course.parent / "ada.py").touch()
    for sound in ("class", "../ada.py"):
        assert course.resolve() == catalog.find_course(course, [course / sound])


@pytest.mark.parametrize("name", ["results.db", "results.db-wal", "results.db-shm"])
def test_a_store_is_not_written_through_a_link(tmp_path: Path, name: str) -> None:
    """``--out`` may name a folder in which a student has put one."""
    victim = tmp_path / "victim"
    victim.write_text(PRECIOUS)
    out = tmp_path / "out"
    out.mkdir()
    (out / name).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"):
        Store.create(out, Run(NAME, 1, 100.0, "secret"))
    assert PRECIOUS == victim.read_text()

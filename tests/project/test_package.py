"""The release: one version everywhere; the sdist builds the wheel; the wheel works when installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from places import ROOT

import grader
from grader.lms.jobs import wheel as bundled


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command in a folder and return what it prints; it must succeed."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("GRADER_", "PYTHON"))}
    done = subprocess.run(
        [*map(str, command)], cwd=cwd, env=environ, capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unpacked source distribution."""
    out = tmp_path_factory.mktemp("sdist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", out, cwd=ROOT)
    [archive] = out.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(out, filter="data")
    return out / archive.name.removesuffix(".tar.gz")


@pytest.fixture(scope="module")
def wheel(sdist: Path) -> Path:
    """The wheel that the source distribution builds."""
    out = sdist.parent / "wheel"
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", out, cwd=sdist)
    [found] = out.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a clean environment with the wheel; our own packages stand for a download."""
    folder = tmp_path_factory.mktemp("clean") / "venv"
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    install = ["-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel]
    run(sys.executable, *install, cwd=folder)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin" / "grader"


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    [cited] = re.findall(r"^version: (.+)$", citation, re.MULTILINE)
    latest = re.findall(r"^## (\S+)", changes, re.MULTILINE)[0]
    assert (grader.__version__, grader.__version__) == (cited, latest)


def test_the_metadata_is_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("/METADATA")]
        known = Parser().parsestr(archive.read(name).decode())
    assert known["Version"] == grader.__version__
    for field in ("Summary", "Author-email", "License-Expression", "Requires-Python", "Keywords"):
        assert known[field], field
    assert known.get_payload().startswith("# grader")
    assert {"celery", "dev", "plots", "serve", "torch"} == set(known.get_all("Provides-Extra", []))


def test_the_sdist_holds_the_documents_that_readme_links_to(sdist: Path) -> None:
    text = (sdist / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", text)
    assert [target for target in targets if not (sdist / target).exists()] == []


def test_bundles_carry_the_same_package_as_the_wheel(wheel: Path, tmp_path: Path) -> None:
    (tmp_path / bundled.WHEEL).write_bytes(bundled.wheel())
    with zipfile.ZipFile(wheel) as ours, zipfile.ZipFile(tmp_path / bundled.WHEEL) as theirs:
        modules = [
            {name for name in each.namelist() if "-info/" not in name} for each in (ours, theirs)
        ]
    assert modules[0] == modules[1]


def test_the_container_is_built_from_files_that_make_the_same_wheel(
    wheel: Path, tmp_path: Path
) -> None:
    """What compose.yaml and the service's Containerfile copy is enough to install the package."""
    recipes = [ROOT / "compose.yaml", ROOT / "grader/serve/deploy/Containerfile"]
    for recipe in recipes:
        copied = re.findall(r"^ *COPY (.+) /tmp/grader/(.*)$", recipe.read_text(), re.MULTILINE)
        assert [("pyproject.toml README.md LICENSE", ""), ("grader", "grader")] == copied
    shutil.copytree(ROOT / "grader", tmp_path / "grader", ignore=shutil.ignore_patterns("__py*"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "out", cwd=tmp_path)
    with zipfile.ZipFile(tmp_path / "out" / wheel.name) as ours, zipfile.ZipFile(wheel) as theirs:
        assert set(ours.namelist()) == set(theirs.namelist())


def test_the_installed_wheel_serves_authors_and_students(command: Path, tmp_path: Path) -> None:
    """From an empty folder to a released exercise, and a student who checks an answer to it."""
    assert run(command, "--version", cwd=tmp_path).strip() == f"grader {grader.__version__}"
    course, home = tmp_path / "course", tmp_path / "home"
    course.mkdir()
    run(command, "new", "word_count", "--template", "function", cwd=course)
    run(command, "build", "word_count", cwd=course)
    run(command, "validate", "word_count", "--seeds", "1", cwd=course)
    assert " total" in run(command, "checks", "word_count", cwd=course)
    run(command, "release", "word_count", "--out", tmp_path, cwd=course)
    with zipfile.ZipFile(tmp_path / "word_count.zip") as archive:
        archive.extractall(home)  # noqa: S202  # our own zip
    [work] = home.rglob("word_count.py")
    readme = work.with_name("README.md").read_text(encoding="utf-8")
    [line] = [line for line in readme.splitlines() if "pip install" in line]
    brought = work.parent / line.rpartition(" ")[2]
    assert brought.read_bytes()[:2] == b"PK", "the wheel that the install line names is in the zip"
    answer = (course / "reference/word_count/solution.py").read_text(encoding="utf-8")
    work.write_text(answer, encoding="utf-8")
    assert "word_count" in run(command, "check", work.name, cwd=work.parent)
    out = tmp_path / "results"
    said = run(command, "grade", work, "--assignment", "word_count", "--out", out, cwd=course)
    assert "1 graded" in said

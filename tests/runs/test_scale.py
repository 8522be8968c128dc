"""docs/scale.md and the files beside it: every command in them is run, and shards make the class."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

DOCS = ROOT / "docs"
PAGE = DOCS / "scale.md"
NAME = "computation_graph"
BLOCK = re.compile(r"(?P<before><!-- not run here[^>]*-->\n)?```sh\n(?P<code>.*?)```", re.DOTALL)
ENVIRON = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
           "PYTHONPATH": str(ROOT), "SLURM_CPUS_PER_TASK": "1", "JOBS": "1"}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the commands need, so that nothing they write stays."""
    folder = tmp_path_factory.mktemp("scale") / "course"
    for name in ("reference", "exercises", "tests/hidden"):
        shutil.copytree(ROOT / name, folder / name)
    for student in ("ada", "kurt", "sofia"):
        shutil.copytree(ROOT / "examples/class" / student, folder / "examples/class" / student)
    for slow in ("test_graph.py", "test_compose.py"):
        (folder / "tests" / "hidden" / NAME / slow).unlink()
    shutil.copy(ROOT / "assignments.yaml", folder)
    shutil.copytree(DOCS / "scale", folder / "docs" / "scale")
    inbox = folder / "inbox"
    inbox.mkdir()
    for variant in sorted((ROOT / "reference" / NAME / "variants").glob("*.py"))[:5]:
        shutil.copy(variant, inbox)
    return folder


def run(command: list[str], course: Path, **environ: str) -> None:
    done = subprocess.run(
        command, cwd=course, env={**ENVIRON, **environ}, capture_output=True, text=True,
        timeout=200, check=False,
    )  # fmt: skip
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])


def document(out: Path) -> dict[str, Any]:
    """grades.json but for its times."""
    text = (out / "grades.json").read_text(encoding="utf-8")
    text = re.sub(r'"seconds": [^,}\n]*', '"seconds": 0', text)
    return json.loads(re.sub(r"[\d.e+]+ times the time", "N times the time", text))


@pytest.fixture(scope="module")
def whole(course: Path) -> dict[str, Any]:
    """The same class, graded in one go."""
    out = course / "results" / "whole"
    line = f"grader grade inbox --assignment {NAME} --seed 7 --out {out}"
    run(shlex.split(line), course)
    return document(out)


def test_the_commands_of_the_page_run(course: Path) -> None:
    """In order, as they stand; those not run here are commands that exist, with such options."""
    for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8")):
        for line in found["code"].splitlines():
            if not found["before"]:
                run(shlex.split(line), course)
            elif line.startswith("grader "):
                shown = subprocess.run(["grader", line.split()[1], "--help"], env=ENVIRON, check=True,
                                       capture_output=True, text=True).stdout  # fmt: skip
                assert all(word in shown for word in line.split() if word.startswith("--")), line
    assert set(students(course / "results/week2/all")) == {"ada", "kurt", "sofia"}


def students(out: Path) -> list[str]:
    return [entry["student"] for entry in document(out)["submissions"]]


def test_slurm_script(course: Path, whole: dict[str, Any]) -> None:
    """An array of two, one task run again as Slurm does, and merged: the grades of one run."""
    script = course / "docs" / "scale" / "slurm.sh"
    assert re.search(r"^#SBATCH --array=1-\d+$", script.read_text(encoding="utf-8"), re.MULTILINE)
    out = course / "results" / "slurm"
    common = {"NAME": NAME, "INBOX": "inbox", "OUT": str(out), "SEED": "7",
              "SLURM_ARRAY_TASK_COUNT": "2"}  # fmt: skip
    for number in ("1", "2", "2"):
        run(["bash", str(script)], course, SLURM_ARRAY_TASK_ID=number, **common)
    run(shlex.split(f"grader merge {out}/part-1 {out}/part-2 --out {out}/all"), course)
    assert document(out / "all")["submissions"] == whole["submissions"]


def test_kubernetes_job(course: Path, whole: dict[str, Any]) -> None:
    """The manifest's own command, for each index from 0."""
    job = yaml.safe_load((DOCS / "scale" / "job.yaml").read_text(encoding="utf-8"))
    spec = job["spec"]
    assert (job["apiVersion"], job["kind"], spec["completionMode"]) == (
        "batch/v1",
        "Job",
        "Indexed",
    )
    [container] = spec["template"]["spec"]["containers"]
    named = {each["name"]: each["value"] for each in container["env"]}
    assert named["PARTS"] == str(spec["completions"])
    assert named["JOBS"] == container["resources"]["requests"]["cpu"]
    volumes = {each["name"] for each in spec["template"]["spec"]["volumes"]}
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    assert set(mounts) == volumes
    assert {named["INBOX"], named["OUT"]} == set(mounts.values())
    out = course / "results" / "kubernetes"
    here = {"NAME": NAME, "INBOX": "inbox", "OUT": str(out), "PARTS": "2", "SEED": named["SEED"]}
    for index in ("0", "1", "1"):
        command = [*container["command"], *container["args"]]
        run(command, course, JOB_COMPLETION_INDEX=index, **here)
    run(shlex.split(f"grader merge {out}/part-0 {out}/part-1 --out {out}/all"), course)
    assert document(out / "all")["submissions"] == whole["submissions"]


def test_a_shard_too_few_is_not_the_class(course: Path, whole: dict[str, Any]) -> None:
    """What the comparison above is for: one part alone does not pass it."""
    out = course / "results" / "half"
    line = f"grader grade inbox --assignment {NAME} --seed 7 --shard 1/2 --out {out}"
    run(shlex.split(line), course)
    assert 0 < len(document(out)["submissions"]) < len(whole["submissions"])


def test_compose_file() -> None:
    """It is YAML of the right shape, and its commands are ones that exist."""
    path = ROOT / "grader" / "lms" / "jobs" / "templates" / "worker" / "compose.yaml"
    services = yaml.safe_load(path.read_text(encoding="utf-8"))["services"]
    assert set(services) == {"broker", "worker"}
    assert (
        "yes"
        == services["broker"]["command"][services["broker"]["command"].index("--appendonly") + 1]
    )
    worker = services["worker"]
    assert worker["environment"]["GRADER_BROKER"].endswith("@broker:6379/0")
    done = subprocess.run([*worker["command"], "--help"], env=ENVIRON, capture_output=True,
                          text=True, check=True, timeout=60)  # fmt: skip
    assert "--jobs" in done.stdout


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE.read_text(encoding="utf-8"))
    assert len(targets) == 3
    assert [target for target in targets if not (DOCS / target).exists()] == []

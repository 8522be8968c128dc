"""`grader doctor` tries what a run tries: from a checkout and from a wheel, as root and as nobody."""

import shutil

import pytest
from container import Container
from places import ROOT

from grader.lms.jobs.wheel import WHEEL, wheel
from grader.sandbox import doctor, selftest
from grader.sandbox.fork_server import ForkServer, Sandbox

NAME = "computation_graph"
ANOTHER = 12345


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Container:
    """A machine on which the grader is installed from its wheel, and once more as a checkout."""
    made = Container(tmp_path_factory.mktemp("machine"))
    file = tmp_path_factory.mktemp("wheel") / WHEEL
    file.write_bytes(wheel())
    made.install(file)
    [site] = made.path("/opt/image/lib").glob("python*/site-packages")
    editable = made.path("/opt/editable")
    shutil.copytree(made.path("/opt/image"), editable, symlinks=True)
    [other] = editable.glob("lib/python*/site-packages")
    shutil.move(other / "grader", made.path("/opt/checkout/grader"))
    (other / "checkout.pth").write_text("/opt/checkout\n")
    assert (site / "grader").is_dir()
    return made


@pytest.mark.parametrize("uid", [0, ANOTHER], ids=["root", "another"])
@pytest.mark.parametrize("installed", ["image", "editable"])
def test_doctor_is_content_where_grading_works(box: Container, installed: str, uid: int) -> None:
    """Both try the same canary: they cannot contradict each other."""
    told = box.run([f"/opt/{installed}/bin/python3", "-I", "-m", "grader", "doctor"], uid=uid)
    assert (0, b"") == (told.status, told.stderr), told.stdout
    text = told.stdout.decode()
    assert "good enough to grade other people's code: yes" in text
    assert text.count(" no\n") == len(selftest.ATTEMPTS)


def test_doctor_tells_what_a_run_is_refused_for() -> None:
    """One verdict for both; without the layer that hides files it names what the canary could do."""
    layers = Sandbox.best().without("landlock", "mounts", "chroot")
    with ForkServer(layers) as server:
        found = selftest.examine(server, [str(ROOT / "tests" / "hidden" / NAME / "cases.py")])
        lines = dict(doctor._tried(server, [str(ROOT / "pyproject.toml")]))
    assert "nothing hides files" in found.problem
    assert "read" in found.escapes
    assert f"good enough to grade other people's code: NO: {found.problem}" in lines
    assert not all(lines.values())

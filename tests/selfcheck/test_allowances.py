"""`grader check` knows an exercise's data, its other files, and whether it may write."""

import shutil
import subprocess
import sys

import pytest
from places import SAMPLES

COURSE = SAMPLES / "outside" / "course"
PUBLIC = """
EXERCISE = "{name}"
{constants}

def test_it(student):
    \"\"\"It works\"\"\"
    {test}
"""
READS = 'DATA = ("rain.csv",)', "assert student.wettest() == 3"
PACKAGE = 'DATA = ("rain.csv", "tools/text.py")', "assert student.three == 3"
TWO = 'FILES = ("ledger.py", "entries.py",)', "assert student.Ledger().total() == 0"
SAVES = "\n\n\ndef wettest():\n    open('rain.csv.bak', 'w').write('x')\n    return 3\n"


def check(folder, name, constants, test, missing="", more="", beside=""):
    """Run `grader check` on the reference of a sample in a folder of its own."""
    for path in (COURSE / "reference" / name).glob("*.py"):
        shutil.copy(path, folder / path.name.replace("solution", name))
    data = COURSE / "exercises" / name / "data"
    if data.is_dir():
        shutil.copytree(data, folder, dirs_exist_ok=True)
    (folder / "test_public.py").write_text(PUBLIC.format(name=name, constants=constants, test=test))
    if beside:
        (folder / beside).parent.mkdir()
        (folder / beside).write_text("three = 3\n")
    if missing:
        (folder / missing).unlink()
    main = folder / f"{name}.py"
    main.write_text(main.read_text() + more)
    done = subprocess.run(
        [sys.executable, "-m", "grader", "check"], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "said", "kind", "status", "part"),
    [
        ("rainfall", READS, {}, 0, "ok"),
        ("rainfall", ("", READS[1]), {}, 1, "rain.csv"),
        ("rainfall", READS, {"more": SAVES}, 1, "writes a file"),
        ("rainfall", (f"{READS[0]}\nWRITES = True", READS[1]), {"more": SAVES}, 0, "ok"),
        (
            "rainfall",
            PACKAGE,
            {"beside": "tools/text.py", "more": "\n\nfrom tools.text import three\n"},
            0,
            "ok",
        ),
        ("ledger", TWO, {}, 0, "ok"),
        ("ledger", TWO, {"missing": "entries.py"}, 1, "entries.py lies beside the file"),
    ],
)
def test_it_says_what_grading_says(tmp_path, name, said, kind, status, part):
    """Data and other files are there when the exercise says so, and only then."""
    found, printed = check(tmp_path, name, *said, **kind)
    assert status == found, printed
    assert part in printed

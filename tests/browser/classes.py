"""A class as large as one likes, drawn like a real one: for the tests of its pages.

    run, assignment, grades = drawn(5000)

The checks, mistakes and hints are those of a two-layer network. Students have an ability, checks a
difficulty; one check is unfair on purpose. A few submissions crash, hang, attack, come late, hold
nothing to run or could not be judged, and a few names are chosen to do harm.
"""

import json
import math
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace
from places import ROOT

from grader.checks.mistakes import module_of
from grader.course.assignment import Assignment
from grader.model import Grade, Outcome, Submission
from grader.results.store import Run

DATA = json.loads(Path(__file__).with_name("class.json").read_text(encoding="utf-8"))
REFERENCE = ROOT / "reference" / "two_layer_network"
HINTS = module_of((REFERENCE / "mistakes.py").read_text(encoding="utf-8"), "mistakes").HINTS
CHECKS, HOSTILE = DATA["checks"], DATA["hostile"]
UNFAIR = "test_loss.py::test_loss_from_logits"
DUE = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
ASSIGNMENT = Assignment("two_layer_network", "Two-layer network", due=DUE)
LAYERS = ("uid", "rlimits", "landlock", "seccomp", "pidns")
VERSIONS = {"grader": "0.1.0", "python": "3.11.7", "numpy": "2.4.6"}
RUN = Run("two_layer_network", 17, 100.0, "9177fc47e285", LAYERS, "plain", VERSIONS)
FATES = [  # message, traceback for staff, seconds
    ("your program crashed in the middle of this (SIGSEGV)", "the pipe was closed", 1.8),
    ("stopped after 2 s of CPU time (infinite loop?)", "", 12.1),
    ("your program wrote to the pipe that carries its answers", "a huge frame", 4.4),
    ("forward raised a PermissionError, line 30", "PermissionError: [Errno 1] refused", 0.2),
    ("this check could not be judged; it is not your fault", "OSError: disk full", 0.1),
]
STUB = "only the unchanged stub was submitted"


def drawn(students, seed=1, hostile=True):
    """Return (run, assignment, grades) of a class."""
    rng = random.Random(seed)  # noqa: S311  # a class, not a secret
    grades = [_grade(rng, number) for number in range(students)]
    for place, name in enumerate(HOSTILE if hostile else ()):
        submission = replace(grades[place].submission, name=name)
        grades[place] = replace(grades[place], submission=submission)
    return RUN, ASSIGNMENT, grades


def _grade(rng, number):
    name = f"{rng.choice(DATA['first'])} {rng.choice(DATA['last'])}"
    student = f"{name.split()[1].lower()}{number:04d}"
    at = DUE - timedelta(hours=max(-40, rng.gauss(20, 16)))
    submission = Submission(
        student, f"{student}/two_layer_network.py", name=name, email=f"{student}@example.org",
        sid=str(100000 + number), submitted_at=at.isoformat(timespec="seconds"),
    )  # fmt: skip
    fate = number % 100 - 10
    if fate == 0:
        blank = [Outcome(c["id"], c["title"], "failed", 0.0, c["points"], STUB) for c in CHECKS]
        return Grade(submission, 100.0, tuple(blank), STUB, 0.0003)
    ability = rng.gauss(1.3, 1.1)
    outcomes = [_outcome(rng, ability, check) for check in CHECKS]
    seconds = rng.lognormvariate(-3.3, 0.5)
    if 1 <= fate <= len(FATES):
        outcomes, seconds = _special(outcomes, *FATES[fate - 1])
    return Grade(submission, 100.0, tuple(outcomes), "", seconds)


def _special(outcomes, said, trace, seconds):
    """Everything from the tenth check on goes wrong, or is not judged."""
    status = "error" if "judged" in said else "failed"
    staff = {"traceback": trace} if trace else {}
    broken = [
        replace(o, status=status, points=0.0, message=said, mistake="", hint="", more="",
                instructor=staff)
        for o in outcomes[9:]
    ]  # fmt: skip
    return outcomes[:9] + broken, seconds


def _outcome(rng, ability, check):
    name, most, unfair = check["id"], float(check["points"]), check["id"] == UNFAIR
    slope = -1.4 if unfair else 1.7
    chance = 1 / (1 + math.exp(-slope * (ability - check["difficulty"])))
    seconds = rng.uniform(0.001, 0.004)
    if rng.random() < chance:
        return Outcome(name, check["title"], "passed", most, most, seconds=seconds)
    part = 0.8 if "backward" in name and rng.random() < 0.4 else 0.0
    mistake = rng.choice(check["mistakes"]) if rng.random() < 0.8 else ""
    array = name.partition("[")[2].rstrip("]") or check["title"].split()[0]
    message = f"{array}: right shape, wrong values (worst entry off by {rng.uniform(0.1, 1):.2g})"
    why = "correct given your own z2" if part else ""
    message += f"; {why}" if why else ""
    told = {"hint": HINTS[mistake].question, "more": HINTS[mistake].more} if mistake else {}
    return Outcome(
        name,
        check["title"],
        "failed",
        part * most,
        most,
        message,
        mistake,
        **told,
        seconds=seconds,
        credit=why,
    )

"""Every key of ``assignments.yaml``: its type, default, meaning and an example, in one table.

`document` makes the JSON Schema that editors use, and the documentation prints the same table.
`grader.course.fields` reads the values; a test compares the keys of both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 200}
DURATION: Final[Schema] = {"type": "string", "examples": ["15 min", "2 h", "3 days"]}
PERCENT: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 100}
DATE: Final[Schema] = {"type": "string", "examples": ["2026-12-01 23:59"]}


def _number(low: float, high: float) -> Schema:
    return {"type": "number", "minimum": low, "maximum": high}


def _each(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _record(properties: Mapping[str, Schema], *required: str) -> Schema:
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return made | ({"required": list(required)} if required else {})


class Key(Struct, frozen=True):
    """One key: what it holds, what holds without it, and how it is written."""

    name: str
    schema: Schema
    default: str
    meaning: str
    example: str


LIMITS: Final[Mapping[str, Schema]] = {
    "call_cpu": _number(0.01, 86400),
    "import_cpu": _number(0.01, 86400),
    "call_wall": _number(0.01, 86400),
    "idle_wall": _number(0.01, 86400),
    "total": _number(0.01, 86400),
    "memory_mb": {"type": "integer", "minimum": 1, "maximum": 1024 * 1024},
}
IDENTITY: Final[Schema] = {"type": ["string", "integer"]}
LMS: Final[Mapping[str, Mapping[str, Schema]]] = {
    "blackboard": {"column": IDENTITY},
    "canvas": {"course": IDENTITY, "assignment": IDENTITY, "url": TEXT},
    "gradescope": {
        "visibility": {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
    },
    "prairielearn": {"image": TEXT},
}
STEP: Final = _record({"after": DURATION, "lose": PERCENT}, "after", "lose")
LATE: Final[Mapping[str, Schema]] = {
    "per_day": PERCENT,
    "at_most": PERCENT,
    "cut_off": DURATION,
    "steps": {"type": "array", "items": STEP, "minItems": 1},
    "marked": PERCENT,
}
CHECK: Final[Mapping[str, Schema]] = {"points": _number(0, 1e6), "skip": TEXT, "full": TEXT}
QUESTION: Final[Mapping[str, Schema]] = {
    "id": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]{0,63}$"},
    "title": TEXT,
    "points": _number(0.01, 1e6),
}

COURSE: Final[Sequence[Key]] = (
    Key("title", TEXT, "required", "The name of the course.", "title: Neural networks by hand"),
    Key(
        "timezone", {"type": "string", "examples": ["Europe/Berlin"]}, "none",
        "The time zone of dates that name none.", "timezone: Europe/Berlin",
    ),
    Key(
        "extensions", {"type": "string", "pattern": r"\.csv$"}, "none",
        "A CSV file with later due dates and excuses, one row per student.",
        "extensions: extensions.csv",
    ),
)  # fmt: skip
ASSIGNMENT: Final[Sequence[Key]] = (
    Key(
        "name", {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"}, "required",
        "The exercise: the name of its folders and of the students' file.",
        "name: two_layer_network",
    ),
    Key("title", TEXT, "required", "The title that students read.", "title: Two-layer network"),
    Key(
        "points", _number(0.01, 1e6), "the sum of the checks' points",
        "The score of a submission that passes every check; the checks are scaled to it.",
        "points: 100",
    ),
    Key(
        "runtime", {"enum": ["numpy", "torch"]}, "numpy",
        "The libraries that are loaded before student code runs.", "runtime: torch",
    ),
    Key(
        "imports", {"type": "array", "items": TEXT}, "[]",
        "Modules that students may import besides NumPy and the standard library.",
        "imports: [pandas]",
    ),
    Key(
        "due", DATE, "none", "The due date; a day without a time ends at 23:59.",
        "due: 2026-12-01 23:59",
    ),
    Key(
        "grace", DURATION, "0 min",
        "Time after the due date that is not late; after it, lateness counts from the due date.",
        "grace: 15 min",
    ),
    Key(
        "late", _record(LATE), "none",
        "What lateness costs, in percent of the score: per day begun, or in steps; `marked` is what "
        "the LMS's mark *late* costs where a download has no times.",
        "late: {per_day: 10, at_most: 50, cut_off: 7 days}",
    ),
    Key(
        "attempts", {"enum": ["last", "best"]}, "last", "Which of several submissions counts.",
        "attempts: best",
    ),
    Key(
        "limits", _record(LIMITS), "2 s per call, 20 s and 1024 MiB per submission",
        "CPU seconds, wall seconds and MiB that a submission may use.",
        "limits: {call_cpu: 2, total: 20, memory_mb: 1024}",
    ),
    Key(
        "speed",
        _each(_record({"ratio": _number(1, 1500), "points": _number(0, 1e6)}, "ratio", "points")),
        "none",
        "A stricter speed limit for a function, as a multiple of the reference's time, with its "
        "own points.",
        "speed: {backward: {ratio: 100, points: 5}}",
    ),
    Key(
        "checks", _each(_record(CHECK)), "none",
        "Changes to single checks: other points, skip it, or full points for everyone. Students "
        "read the reason.",
        'checks: {test_typo: {full: "the test was wrong"}}',
    ),
    Key(
        "mistakes", _each(PERCENT), "none",
        "The least percentage of the points that a recognised mistake costs.",
        "mistakes: {numeric-differentiation: 30}",
    ),
    Key(
        "files", {"type": "array", "items": {"type": "string", "pattern": r"^[A-Za-z_]\w*\.py$"}},
        "one file, NAME.py", "The files that students submit, if there are several.",
        "files: [model.py, data.py]",
    ),
    Key(
        "extra_files", {"type": "boolean"}, "false",
        "Whether helpers submitted beside the one file can be imported.", "extra_files: true",
    ),
    Key(
        "writes", {"type": "boolean"}, "false",
        "Whether student code may write files, in a private folder.", "writes: true",
    ),
    Key(
        "manual", {"type": "array", "items": _record(QUESTION, *QUESTION)}, "[]",
        "Questions that a person grades.",
        "manual: [{id: derivation, title: Derive dz2, points: 20}]",
    ),
    Key(
        "lms", _record({system: _record(keys) for system, keys in LMS.items()}), "none",
        "What an LMS calls this assignment, and what its job is set to.",
        "lms: {canvas: {course: 12, assignment: 34}}",
    ),
    Key("opens", DATE, "at once", "When `grader serve` shows the assignment.", "opens: 2026-11-20"),
    Key(
        "closes", DATE, "due plus cut_off; without those, never",
        "When `grader serve` takes no more submissions.", "closes: 2026-12-08",
    ),
    Key(
        "hold_off", DURATION, "0 s", "Time between two submissions in `grader serve`.",
        "hold_off: 10 min",
    ),
)  # fmt: skip


def document() -> str:
    """Return the JSON Schema (draft 2020-12) of assignments.yaml, as text."""
    assignments = {
        "type": "array",
        "items": _described(ASSIGNMENT, ("name", "title")),
        "description": "The assignments of the course, in order.",
    }
    course = _described(COURSE, ("title", "assignments"))
    course["properties"]["assignments"] = assignments
    schema = "https://json-schema.org/draft/2020-12/schema"
    return json.dumps({"$schema": schema, "title": "assignments.yaml", **course}, indent=1)


def _described(keys: Sequence[Key], required: Sequence[str]) -> Schema:
    made = _record({key.name: key.schema | {"description": key.meaning} for key in keys}, *required)
    return made

"""All keys of ``assignments.yaml`` in one table: type, default, meaning and example.

`document` builds the JSON Schema for editors, and the documentation prints the same table.
`grader.course.fields` reads the values; a test compares the keys of both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct

Schema = dict[str, Any]

TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 200}
PERCENT: Final[Schema] = {"type": "number", "minimum": 0, "maximum": 100}


def _text(pattern: str, message: str, *examples: str) -> Schema:
    """Return the schema of text; editors show the message if the pattern does not match."""
    made: Schema = {"type": "string", "pattern": pattern, "errorMessage": message}
    return made | ({"examples": list(examples)} if examples else {})


DURATION: Final = _text(
    r"^(\d{1,6}(\.\d{1,3})? ?(s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?)( |$))+$",
    "Write a length of time, such as 15 min, 2 h or 3 days.",
    "15 min", "2 h", "3 days",
)  # fmt: skip
DATE: Final = _text(
    r"^20\d\d-(0\d|1[0-2])-([0-2]\d|3[01])"
    r"([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)? ?(Z|[+-]\d\d:?\d\d)?)?$",
    "Write a date, such as 2026-12-01 23:59 or 2026-12-01T23:59+01:00.",
    "2026-12-01 23:59",
)
ZONE: Final = _text(
    r"^[A-Za-z][\w-]*(/[A-Za-z][\w+-]*)*$",
    "Write the name of a time zone, such as Europe/Berlin.",
    "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Kolkata", "UTC",
)  # fmt: skip


def _number(low: float, high: float, *examples: float) -> Schema:
    made: Schema = {"type": "number", "minimum": low, "maximum": high}
    return made | ({"examples": list(examples)} if examples else {})


def _each(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _record(properties: Mapping[str, Schema], *required: str) -> Schema:
    made: Schema = {"type": "object", "properties": dict(properties), "additionalProperties": False}
    return made | ({"required": list(required)} if required else {})


def _alternatives(*keys: str) -> Schema:
    """Allow at most one of some keys."""
    return {key: {"properties": {other: False for other in keys if other != key}} for key in keys}


def _means(meaning: str, schema: Schema) -> Schema:
    """Add the sentence that editors show for a key."""
    return schema | {"description": meaning}


class Key(Struct, frozen=True):
    """One key: its values, its default, and an example."""

    name: str
    schema: Schema
    default: str
    meaning: str
    example: str


SECONDS: Final = _number(0.01, 86400)
LIMITS: Final[Mapping[str, Schema]] = {
    "call_cpu": _means("CPU seconds for one call. Default: 2.", SECONDS),
    "import_cpu": _means(
        "CPU seconds for what runs when the file is loaded. Default: 10.", SECONDS
    ),
    "call_wall": _means("Seconds by the clock for one call. Default: 30.", SECONDS),
    "idle_wall": _means("Seconds that one call may sleep. Default: 3.", SECONDS),
    "total": _means(
        "CPU seconds and seconds asleep for the whole submission. Default: 20.", SECONDS
    ),
    "memory_mb": _means(
        "MiB of memory besides the libraries. Default: 1024. A hidden test may use as much, at least 1024.",
        {"type": "integer", "minimum": 1, "maximum": 1024 * 1024, "examples": [1024]},
    ),
}
IDENTITY: Final[Schema] = {"type": ["string", "integer"]}
SHOWN: Final[Schema] = {"enum": ["hidden", "after_due_date", "after_published", "visible"]}
LMS: Final[Mapping[str, Mapping[str, Schema]]] = {
    "blackboard": {"column": _means("The id of the column in the gradebook.", IDENTITY)},
    "canvas": {
        "course": _means("The course's number in Canvas.", IDENTITY),
        "assignment": _means("The assignment's number in Canvas.", IDENTITY),
        "url": _means("The address of Canvas. Default: $CANVAS_URL.", TEXT),
    },
    "gradescope": {
        "visibility": _means("When students see the results. Default: visible.", SHOWN),
    },
    "prairielearn": {"image": _means("The name of the image that grades.", TEXT)},
}
STEP: Final = _record(
    {
        "after": _means("The lateness from which this step counts.", DURATION),
        "lose": _means("The percentage of the score that is lost.", PERCENT),
    },
    "after",
    "lose",
)
LATE: Final[Mapping[str, Schema]] = {
    "per_day": _means("The percentage lost for each day that has begun.", PERCENT),
    "at_most": _means("The most that `per_day` can take. Default: 100.", PERCENT),
    "cut_off": _means("The lateness after which the whole score is lost. Default: none.", DURATION),
    "steps": _means(
        "Instead of `per_day`: what is lost after which time.",
        {"type": "array", "items": STEP, "minItems": 1},
    ),
    "marked": _means(
        "The percentage lost if the LMS marks a submission as late and gives no time.", PERCENT
    ),
}
LATE_RULES: Final[Schema] = {
    "minProperties": 1,
    "dependentSchemas": _alternatives("per_day", "steps"),
    "dependentRequired": {"at_most": ["per_day"]},
}
CHECK: Final[Mapping[str, Schema]] = {
    "points": _means("Other points for the check.", _number(0, 1e6, 10)),
    "skip": _means("Leave the check out, for this reason.", TEXT),
    "full": _means("Give full points to everyone whose file could be run, for this reason.", TEXT),
}
CHECK_RULES: Final[Schema] = {
    "minProperties": 1,
    "dependentSchemas": _alternatives("points", "skip", "full"),
}
QUESTION: Final[Mapping[str, Schema]] = {
    "id": _means(
        "The name of the question in commands and tables.",
        _text("^[a-z0-9][a-z0-9_-]{0,63}$", "Write lower-case letters, digits, - and _ only."),
    ),
    "title": _means("The question, as students read it.", TEXT),
    "points": _means("The most points for an answer.", _number(0.01, 1e6, 10)),
}

SPEED: Final[Mapping[str, Schema]] = {
    "ratio": _means("The limit, in times of the reference's own time.", _number(1, 1500, 100)),
    "points": _means("The points of the check.", _number(0, 1e6, 5)),
}

COURSE: Final[Sequence[Key]] = (
    Key("title", TEXT, "required", "The name of the course.", "title: Neural networks by hand"),
    Key(
        "timezone", ZONE, "none",
        "The time zone of dates that name none.", "timezone: Europe/Berlin",
    ),
    Key(
        "extensions", _text(r"\.(csv|CSV)$", "Write the name of a CSV file."), "none",
        "A CSV file with later due dates and excuses, one row per student.",
        "extensions: extensions.csv",
    ),
)  # fmt: skip
ASSIGNMENT: Final[Sequence[Key]] = (
    Key(
        "name",
        _text("^[a-z][a-z0-9_]{0,63}$", "Write lower-case letters, digits and _ only."),
        "required",
        "The exercise: the name of its folders and of the students' file.",
        "name: two_layer_network",
    ),
    Key("title", TEXT, "required", "The title that students read.", "title: Two-layer network"),
    Key(
        "points", _number(0.01, 1e6, 100), "the sum of the checks' points",
        "The score of a submission that passes every check; the checks are scaled to it.",
        "points: 100",
    ),
    Key(
        "runtime", {"enum": ["numpy", "torch"]}, "numpy",
        "The libraries that are loaded before student code runs.", "runtime: torch",
    ),
    Key(
        "imports",
        {"type": "array", "items": _text(r"^\w+$", "Write a top-level module, such as scipy.")},
        "[]",
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
        "late", _record(LATE) | LATE_RULES, "none",
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
        _each(_record(SPEED, *SPEED)),
        "none",
        "A stricter speed limit for a function, as a multiple of the reference's time, with its "
        "own points.",
        "speed: {backward: {ratio: 100, points: 5}}",
    ),
    Key(
        "checks", _each(_record(CHECK) | CHECK_RULES), "none",
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
        "files",
        {
            "type": "array", "minItems": 1, "uniqueItems": True,
            "items": _text(r"^[A-Za-z_]\w*\.py$", "Write the name of a Python file."),
        },
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

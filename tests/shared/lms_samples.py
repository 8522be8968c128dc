"""Helpers for tests of LMSs: the systems' schemas, and readers that behave like the systems."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from xml.etree import ElementTree as ET

import jsonschema
from places import SAMPLES

SCHEMAS = SAMPLES / "lms" / "schemas"


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """Return a validator for a system's schema, after checking the schema itself."""
    schema = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def valid(name: str, data: bytes) -> dict[str, Any]:
    """Return a document that is valid by the system's schema; strict JSON, without NaN."""
    document = json.loads(data.decode("utf-8"), parse_constant=_no_constant)
    validator(name).validate(document)
    return document


@cache
def _xsd() -> Any:
    import xmlschema  # imported here, because every test process collects every file

    return xmlschema.XMLSchema(str(SCHEMAS / "junit-10.xsd"))


def junit(data: bytes) -> dict[str, str]:
    """Return attributes, properties and text of a valid JUnit report with one suite."""
    _xsd().validate(data.decode("utf-8"))
    root = ET.fromstring(data)  # noqa: S314  # made by us a moment ago
    [suite] = root.findall("testsuite")
    properties = {each.get("name", ""): each.get("value", "") for each in suite.iter("property")}
    return {**suite.attrib, **properties, "text": "\n".join(root.itertext())}


@dataclass
class Vpl:
    """The values that VPL reads from the output of an evaluation."""

    grade: float | None
    comments: str


def grade_in(text: str) -> Vpl:
    """Read as VPL does: the last ``Grade :=>>`` at the start of a line, and the comments."""
    grades = re.findall(r"^Grade :=>>[ \t]*(-?[0-9.]+)[ \t]*$", text, re.MULTILINE)
    comments = re.findall(r"^Comment :=>>(.*)$", text, re.MULTILINE)
    rest = [
        line for line in text.split("\n")
        if line and not line.startswith(("Comment :=>>", "Grade :=>>"))
    ]  # fmt: skip
    assert [] == rest, "nothing but comments and a grade"
    return Vpl(float(grades[-1]) if grades else None, "\n".join(comments))

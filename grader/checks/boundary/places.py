"""Places of a hidden test: the instruction that sends a request, the same for every student.

places = Places(("/course/tests/hidden",), trail.codes)
places.of(sys._getframe(1), "call", "relu")     # a `Place` of `grader.checks.boundary.kinds`
places.line(sys._getframe(1))                   # "test_layers.py:12", for a message
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any, Final

from grader.checks.boundary.kinds import Place


class Places:
    """Finds the frames of the course's files in one test."""

    def __init__(self, roots: tuple[str, ...], codes: dict[int, Any]) -> None:
        """Start without known code objects.

        Args:
            roots: Folders of the hidden tests; places are instructions of files in them.
            codes: Keeps the code objects of places by id, so that no id is reused.
        """
        self._roots, self._codes = roots, codes
        self._in_course: dict[int, bool] = {}

    def of(self, first: FrameType, operation: str, name: str) -> Place:
        """Return the place of a request: the nearest frame of a course file, else ``first``."""
        frame: FrameType | None = first
        while frame is not None:
            code = frame.f_code
            key = id(code)
            known = self._in_course.get(key)
            if known is None:
                known = self._in_course[key] = code.co_filename.startswith(self._roots)
                self._codes[key] = code
            if known:
                return key, instruction_of(code, frame.f_lasti), operation, name
            frame = frame.f_back
        return id(first.f_code), instruction_of(first.f_code, first.f_lasti), operation, name

    def line(self, frame: FrameType) -> str:
        """Return the file and line of the nearest frame of a course file, else of the outermost."""
        while frame.f_back is not None and not frame.f_code.co_filename.startswith(self._roots):
            frame = frame.f_back
        return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"


_INSTRUCTIONS: Final[dict[tuple[int, int], tuple[CodeType, int]]] = {}
"""Instructions by code object and offset; the code is kept so that its id is not reused."""


def instruction_of(code: CodeType, offset: int) -> int:
    """Return the first instruction that belongs to the same source as the one at ``offset``.

    Python specialises a call that has run several times, and the same call is then at another
    offset. Without this function, the tenth student would be at a place that the reference never
    reached.
    """
    known = _INSTRUCTIONS.get((id(code), offset))
    if known is None:
        positions = list(code.co_positions())
        here = positions[offset // 2] if 0 <= offset // 2 < len(positions) else (None,) * 4
        number = positions.index(here) if None not in here else offset // 2
        known = _INSTRUCTIONS[id(code), offset] = (code, number)
    return known[1]

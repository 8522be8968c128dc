"""The question on the card of a call that gave no answer fits what happened."""

import pytest

from grader.checks.wording import OTHER_ERROR, QUESTIONS, question_about
from grader.sandbox.faults import CrashError, OverrunError, PipeError, StudentError


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OverrunError("stopped after 2 s of CPU time"), "turn of the loop"),
        (CrashError("the process ended"), "last line"),
        (PipeError("wrote to the pipe"), "file or socket"),
        (StudentError("f raised", ("KeyError", "LookupError", "Exception")), "keys"),
        (StudentError("f raised", ("UnboundLocalError", "NameError", "Exception")), "name"),
        (StudentError("f raised", ("FloatingPointError", "ArithmeticError")), "How large"),
        (StudentError("f raised", ("Mine", "IndexError", "LookupError")), "index"),
    ],
)
def test_the_question_is_about_the_error(error: StudentError, words: str) -> None:
    assert words in question_about(error)
    assert question_about(error) != OTHER_ERROR


def test_any_other_error_is_asked_about_by_its_line() -> None:
    assert OTHER_ERROR not in QUESTIONS.values()
    assert OTHER_ERROR == question_about(StudentError("f raised", ("ValueError", "Exception")))

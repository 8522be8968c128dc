"""The class report's clusters: who made the same mistake, what it cost, and who repaired it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.model import Card, Example, Grade, Outcome, Submission
from grader.results import class_figures, class_report, wording
from grader.results.clusters import clusters, repairs
from grader.results.excerpts import MOST_LINES, excerpt, sections
from grader.results.material import gathered
from grader.results.store import Run, Store

RUN = Run("lstm_cell", 17, 100.0, "f00d")
ASSIGNMENT = Assignment("lstm_cell", "The LSTM cell")
SIZES = {
    "h without tanh": 9,
    "gates swapped": 7,
    "bias averaged": 5,
    "c0 ignored": 4,
    "sum": 3,
    "slope": 2,
}
"""Six clusters of a class of 50; the last two have no name."""


def student(number: int, *wrong: str, lost: float = 10.0, **known: str) -> Grade:
    """Return a student with a card for each word; each costs one check and three consequences."""
    outcomes = [Outcome("test_a.py::ok", "ok", "passed", 20.0, 20.0, seconds=0.01)]
    cards = []
    for place, word in enumerate(wrong):
        ids = [f"test_{place}.py::{name}" for name in ("root", "a", "b", "c")]
        outcomes += [
            Outcome(
                each,
                each,
                "failed",
                0.0,
                lost / 4,
                "wrong",
                root_cause=f"card-{place}",
                seconds=0.01,
            )
            for each in ids
        ]
        example = Example("cell_forward(params, x)", f"h = {len(word)}", "h = 0.3808")
        name = word if word in list(SIZES)[:4] else ""
        cards.append(
            Card(
                f"card-{place}",
                f"cell_forward: {word}.",
                "cell_forward",
                "h",
                name,
                example,
                consequences=tuple(ids),
                cluster=f"key of {word}",
                points=lost,
            )
        )
    submission = Submission(
        f"s{number}", f"s{number}/lstm_cell.py", name=f"Student {number}", **known
    )
    return Grade(submission, 100.0, tuple(outcomes), cards=tuple(cards))


def planted() -> list[Grade]:
    """Return a class of 50: six clusters, eight students with a slip that is nobody else's, 12 right."""
    words = [word for word, size in SIZES.items() for _ in range(size)]
    words += [f"slip {n}" for n in range(8)]
    grades = [student(n, word) for n, word in enumerate(words)]
    grades += [student(n) for n in range(len(words), 50)]
    random.Random(3).shuffle(grades)  # noqa: S311  # a class, not a secret
    return grades


def report(grades: list[Grade], **material: object) -> str:
    links = {grade.submission.student: f"{grade.submission.student}.html" for grade in grades}
    made = class_report.Material(**material)  # type: ignore[arg-type]  # as each test gives it
    return class_report.render(RUN, ASSIGNMENT, grades, links, made).decode()


def test_six_planted_clusters_are_found_with_their_sizes_and_the_rest_is_not_explained() -> None:
    grades = planted()
    found = clusters(grades)
    sizes = {each.entry.sentence: len(each.rows) for each in found.clusters}
    assert sizes == {f"cell_forward: {word}.": size for word, size in SIZES.items()}
    assert len(found.unexplained) == 8
    assert {each.lost for each in found.clusters} == {10.0 * size for size in SIZES.values()}
    assert [len(each.rows) for each in found.clusters] == sorted(SIZES.values(), reverse=True)
    text = report(grades, folder="results/demo")
    assert "Not explained: 8" in text
    assert "grader new-mistake results/demo STUDENT" in text


def test_points_decide_the_order_and_consequences_count_once() -> None:
    grades = [student(1, "cheap", lost=2.0), student(2, "cheap", lost=2.0), student(3, "cheap", lost=2.0),
              student(4, "dear", lost=20.0), student(5, "dear", "cheap", lost=20.0)]  # fmt: skip
    found = clusters(grades).clusters
    assert [(each.entry.sentence, each.lost) for each in found] == [
        ("cell_forward: dear.", 40.0), ("cell_forward: cheap.", 26.0),
    ]  # fmt: skip
    total = sum(o.max_points - o.points for grade in grades for o in grade.outcomes)
    assert total == sum(each.lost for each in found)


def test_names_and_ids_stand_side_by_side() -> None:
    text = report([student(1, "sum"), student(2, "sum")])
    assert '<bdi>Student 1</bdi></a> <span class="id"><bdi>s1</bdi></span>' in text


def test_the_wrong_value_is_among_the_choices_for_the_class() -> None:
    grades = [student(1, "sum"), student(2, "sum"), student(3, "slope"), student(4, "slope")]
    choices = clusters(grades).clusters[0].choices
    assert dict(choices) == {"h = 3": False, "h = 5": False, "h = 0.3808": True}
    assert choices == tuple(sorted(choices)), "the correct one has no fixed place"
    assert "(correct)" in report(grades)


def test_a_mistake_with_a_name_needs_only_one_student() -> None:
    assert len(clusters([student(1, "gates swapped")]).clusters) == 1
    assert clusters([student(1, "sum")]).unexplained == (0,)


def test_failed_checks_without_cards_are_grouped_by_their_message() -> None:
    plain = [
        Grade(
            Submission(name, "x"),
            1.0,
            (Outcome("t.py::a", "a", "failed", 0.0, 1.0, said, seconds=0.1),),
        )
        for name, said in (("ada", "no"), ("bob", "no"), ("eve", "other"))
    ]
    found = clusters(plain)
    assert [each.rows for each in found.clusters] == [(0, 1)]
    assert found.unexplained == (2,)


def test_staff_see_the_clusters_of_hidden_checks() -> None:
    said = {"message": "no", "mistake": "sum-not-mean", "hint": "A mean?"}
    hidden = Outcome(
        "t.py::a", "a", "failed", 0.0, 4.0, visibility="hidden", instructor=said, seconds=0.1
    )
    [found] = clusters([Grade(Submission("ada", "a.py"), 4.0, (hidden,))]).clusters
    assert (found.mistake, found.entry.question) == ("sum-not-mean", "A mean?")


def test_the_untouched_stub_is_no_cluster() -> None:
    blank = Outcome("t.py::a", "a", "failed", 0.0, 4.0, "only the stub was submitted")
    assert clusters([Grade(Submission(n, "a.py"), 4.0, (blank,)) for n in "ab"]) == clusters([])


# --- attempts ---------------------------------------------------------------------------------


def test_who_repaired_what_and_what_came_back() -> None:
    ada, bob, eve = (
        [replace(student(n, *words)) for words in made]
        for n, made in enumerate(
            ([["sum"], []], [["sum"], ["sum", "slope"]], [["sum"], [], ["sum"]])
        )
    )
    once = [student(9, "sum")]
    found = {each.sentence: each for each in repairs([*ada, *bob, *eve, *once])}
    sums = found["cell_forward: sum."]
    assert (sums.repaired, sums.remaining, sums.returned) == (("s0",), ("s1",), ("s2",))
    assert found["cell_forward: slope."].remaining == ("s1",)
    text = report([ada[-1], bob[-1], eve[-1]], repairs=repairs([*ada, *bob, *eve]))
    assert "<bdi>Student 0 (s0)</bdi>" in text


def test_staff_read_one_students_function(tmp_path: Path) -> None:
    """Of a script and of a notebook, from the store."""
    source = b"import os\n\ndef cell_forward(params, x):\n    return x  # <b>\n\n\ndef other():\n    pass\n"
    with Store.create(tmp_path, RUN) as store:
        for grade in (student(1, "sum"), student(2, "sum")):
            store.add(grade, replace(grade.submission, source=source))
    grades = [student(1, "sum"), student(2, "sum")]
    made = gathered(tmp_path, grades)
    assert [*made.excerpts.values()] == ["def cell_forward(params, x):\n    return x  # <b>"]
    text = class_report.render(RUN, ASSIGNMENT, grades, {}, made).decode()
    assert "return x  # &lt;b&gt;" in text


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ("def f(\n    x,\n):\n    return 1\n\nx = 2\n", "def f(\n    x,\n):\n    return 1"),
        ("class f:\n    a = 1\nb = 2", "class f:\n    a = 1"),
        ("def g():\n    pass", ""),
        ("def ff(): pass\nasync  def f(): pass", "async  def f(): pass"),
        ("if 1:\n    def f():\n        return 1\n    y = 2", "    def f():\n        return 1"),
    ],
)
def test_an_excerpt_is_cut_by_lines(source: str, want: str) -> None:
    assert want == excerpt(source, "f")


def test_an_excerpt_is_short() -> None:
    body = "\n".join("    x = " + "9" * 400 for _ in range(200))
    lines = excerpt(f"def f():\n{body}", "f").splitlines()
    assert len(lines) == MOST_LINES + 1
    assert max(map(len, lines)) < 200


def test_the_heading_of_a_function_is_that_of_its_section() -> None:
    stub = "# ## 2. The chain rule\n#\n# Text.\ndef compose(names, x):\n    pass\nclass Later:\n    pass\n"
    assert sections(stub) == {"compose": "The chain rule", "Later": "The chain rule"}


# --- small classes ----------------------------------------------------------------------------


def test_no_check_is_called_unfair_in_a_small_class() -> None:
    """The pair: the same verdicts in a class that is large enough."""

    def graded(count: int) -> list[Grade]:
        return [
            Grade(
                Submission(f"s{n}", "x"),
                2.0,
                (
                    Outcome(
                        "t.py::a", "a", "passed" if n % 2 else "failed", n % 2, 1.0, seconds=0.1
                    ),
                    Outcome(
                        "t.py::b", "b", "failed" if n % 2 else "passed", 1 - n % 2, 1.0, seconds=0.1
                    ),
                ),
            )
            for n in range(count)
        ]

    assert all(not check.flags for check in class_figures.checks(graded(class_figures.ENOUGH - 2)))
    assert all(check.flags for check in class_figures.checks(graded(class_figures.ENOUGH)))


def test_every_note_on_a_submission_is_explained() -> None:
    """A note without its sentence would end the report."""
    assert set(wording.NOTED) == set(class_figures.NOTES)

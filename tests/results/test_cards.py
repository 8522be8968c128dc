"""A student's page as cards: one for each root cause, its consequences folded, in few words."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from card_samples import CARD, CELL, FOLLOWS, GRADE, PICTURE, RIGHT, outcome
from msgspec.structs import replace

from grader.course.assignment import Assignment
from grader.model import Example, Grade, Outcome, Standing
from grader.results import cards, feedback, tables, wording
from grader.results.store import Run
from grader.results.visibility import for_student

RUN = Run("lstm_cell", 17, 39.0, "f00d")
DUE = datetime(2026, 11, 20, 22, 59, tzinfo=UTC)
ASSIGNMENT = Assignment("lstm_cell", "The LSTM cell", points=39.0, due=DUE)


def page_of(grade: Grade, now: datetime = DUE) -> str:
    return feedback.render(RUN, ASSIGNMENT, grade, now).decode()


def visible_words(html: str) -> list[str]:
    """Return the words that stand on the page before anything is opened."""
    body = html[html.index("<main") :]
    body = re.sub(
        r"<details(?! class=\"picture\")[^>]*>(<summary>.*?</summary>).*?</details>",
        r"\1",
        body,
        flags=re.S,
    )
    body = re.sub(r"<(title|desc)[^>]*>.*?</\1>", " ", body, flags=re.S)
    return re.sub(r"<[^>]*>", " ", body).split()


def test_one_root_cause_is_one_card_with_its_consequences_in_one_line() -> None:
    html = page_of(GRADE)
    assert html.count('<article class="finding">') == 1
    for part in ("as if the tanh were missing", "15 points lost", "h = 0.3808", "<code>h</code> al",
                 "and 2 checks that follow from it (8 points)", "Something to try", "other num"):  # fmt: skip
        assert part in html
    assert "wrong values" not in html, "the card says it better"
    assert PICTURE in html


def test_the_page_is_short() -> None:
    assert len(visible_words(page_of(GRADE))) < 200
    assert len(visible_words(page_of(replace(GRADE, cards=())))) < 150


def test_what_is_not_judged_yet_says_what_it_waits_for() -> None:
    html = page_of(GRADE)
    assert "<code>cell_backward</code> must be right first" in html
    assert "1 not judged yet" in html
    assert "19 checks passed (19 points): A (19 of 20)" in html


def test_a_check_that_waits_never_stands_for_the_card() -> None:
    """The check that failed does so however the checks are ordered; the other one follows."""
    failed = replace(CELL, id="test_z.py::failed", root_cause="i")
    waits = replace(CELL, id="test_a.py::waits", root_cause="i", status="waiting", cause="")
    card = replace(CARD, id="i", consequences=(waits.id, failed.id))
    shown = cards.entries(Grade(GRADE.submission, 7.0, (waits, failed), cards=(card,)))[0]
    assert ((failed,), (waits,)) == (shown.checks, shown.consequences)


@pytest.mark.parametrize(
    ("lost", "said"), [(1.0, "1 point lost"), (0.5, "0.5 points lost"), (0.0, "no points lost")]
)
def test_points_are_points(lost: float, said: str) -> None:
    one = replace(CELL, points=CELL.max_points - lost)
    assert said in page_of(Grade(GRADE.submission, 7.0, (one,), cards=(CARD,)))


def test_a_check_counts_once_however_many_cards_claim_it() -> None:
    """Points lost over all entries are those that are lost."""
    other = replace(CARD, id="i", consequences=("test_b.py::b1", "test_a.py::h"))
    made = replace(GRADE, cards=(CARD, other))
    total = sum(entry.lost for entry in cards.entries(made))
    assert total == sum(o.max_points - o.points for o in made.outcomes if o.status == "failed")


def test_a_plain_assert_gives_title_message_and_hint() -> None:
    plain = outcome(
        "test_c.py::x", "failed", 0.0, 2.0, message="expected 3, got 4", hint="Count again."
    )
    [entry] = cards.entries(Grade(GRADE.submission, 2.0, (plain,)))
    assert (entry.sentence, entry.message, entry.question) == (
        plain.title,
        "expected 3, got 4",
        "Count again.",
    )


def test_a_file_that_cannot_run_is_one_card() -> None:
    said = "your file is empty"
    failed = tuple(
        replace(o, status="failed", points=0.0, message=said, root_cause="") for o in GRADE.outcomes
    )
    html = page_of(Grade(GRADE.submission, 39.0, failed, message=said))
    assert html.count(said) == 1
    assert html.count('<article class="finding">') == 1
    assert len(visible_words(html)) < 100


def test_only_a_picture_of_ours_is_shown() -> None:
    for bad in ("<svg onload=x></svg>", "<script>1</script>", PICTURE.replace("<g", "<script/><g")):
        html = page_of(replace(GRADE, cards=(replace(CARD, picture=bad),)))
        assert 'class="picture"' not in html
        assert "onload" not in html
        assert "<script" not in html


@pytest.mark.parametrize("field", ["sentence", "question", "more", "analogue"])
def test_text_of_a_card_is_text(field: str) -> None:
    html = page_of(replace(GRADE, cards=(replace(CARD, **{field: "<b onclick=x>\u202e"}),)))
    assert "<b onclick" not in html
    assert "&lt;b onclick=x&gt;⟨U+202E⟩" in html


def test_an_exception_stands_where_the_answer_would() -> None:
    raised = Example("relu(np.array([-1.0]))", raised="ValueError: bad <value>, line 3")
    html = page_of(replace(GRADE, cards=(replace(CARD, example=raised),)))
    assert "your error" in html
    assert "you return" not in html
    assert "bad &lt;value&gt;, line 3" in html


# --- what is held back ------------------------------------------------------------------------

LATER = replace(
    GRADE, outcomes=tuple(replace(o, visibility="after_due_date") for o in GRADE.outcomes)
)
BEFORE, AFTER = DUE - timedelta(minutes=1), DUE


def test_what_is_for_after_the_due_date_stands_on_the_page_after_it() -> None:
    before, after = page_of(LATER, BEFORE), page_of(LATER, AFTER)
    for told in ("tanh", "0.3808", "follow from it", "wrong values", "right first"):
        assert told not in before
    assert "title of test_a.py::h" in before
    assert "7 points lost" in before
    assert "as if the tanh were missing" in after


def test_it_is_the_students_own_due_date() -> None:
    """An extension moves it; without any date it stays held back."""
    extended = replace(LATER, standing=Standing(16.0, due=DUE + timedelta(days=2)))
    assert "tanh" not in page_of(extended, AFTER)
    assert "tanh" in page_of(extended, DUE + timedelta(days=2))
    assert for_student(LATER, None, AFTER).cards == ()


def test_what_is_held_back_is_the_instructors_in_the_gradebook() -> None:
    entry = tables.submission_entry(for_student(LATER, DUE, BEFORE))
    assert "cards" not in entry
    assert entry["checks"][0]["instructor"]["message"] == "h: wrong values"
    assert "message" not in entry["checks"][0]
    assert tables.submission_entry(for_student(LATER, DUE, AFTER))["cards"]


def test_a_card_stays_if_a_check_that_is_shown_has_its_cause() -> None:
    """And does not name the checks that are held back."""
    some = (CELL, *(replace(o, visibility="hidden") for o in FOLLOWS))
    shown = for_student(replace(GRADE, outcomes=some), DUE, AFTER)
    assert [card.consequences for card in shown.cards] == [()]
    hidden = for_student(
        replace(GRADE, outcomes=(replace(CELL, visibility="hidden"), *RIGHT)), DUE, AFTER
    )
    assert hidden.cards == ()


def test_nothing_is_held_back_without_a_mark() -> None:
    assert for_student(GRADE, DUE, BEFORE) is GRADE


def test_every_verdict_has_its_words() -> None:
    statuses = {"passed", "failed", "error", "waiting", "manual"}
    assert statuses < {*wording.VERDICTS}


def test_no_reason_is_read_from_the_text_of_a_message() -> None:
    """An author's message may contain "; "; the reason of partial credit is a field."""
    outcome = Outcome("a.py::a", "a", "failed", 1.0, 2.0, "1 of 2 is right; look at the second")
    assert wording.kept(outcome) == ""

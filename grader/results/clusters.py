"""Group the students of a class by what is wrong: equal wrong behaviour forms a cluster.

    found = clusters(grades)
    found.clusters[0].lost, found.clusters[0].rows     # the most expensive cluster first
    found.unexplained                                  # students whose cause is unknown

Two students are in one cluster if their cards have the same key (equal wrong answers on inputs that
are equal for everyone) or, without a key, the same named mistake, or if their checks failed with
the same message. The consequences of a root cause are counted with it. An unnamed mistake of a
single student is not useful for the class and counts as unexplained.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from grader.model import Grade
from grader.results import cards
from grader.results.class_figures import has_run
from grader.results.visibility import for_staff
from grader.text import visible_line

MOST_CHOICES: Final = 5


class Cluster(Struct, frozen=True):
    """Students with the same wrong behaviour."""

    key: str
    rows: tuple[int, ...]
    """The indices of the students in the sequence of grades."""
    lost: float
    """Total points that they lost because of it; each check counts once."""
    entry: cards.CardView
    """The entry on the page of the first of these students."""
    choices: tuple[tuple[str, bool], ...] = ()
    """Answers to choose from, with whether each is correct, for a question to the class."""

    @property
    def mistake(self) -> str:
        """Return the id of the mistake, or '' if it has no name."""
        return self.entry.card.mistake if self.entry.card else self.entry.checks[0].mistake

    @property
    def function(self) -> str:
        """Return the function that contains the mistake, if known."""
        return self.entry.card.function if self.entry.card else ""

    @property
    def label(self) -> str:
        """Return a short label for lists and menus."""
        return visible_line(self.entry.sentence, 90)


class Clusters(Struct, frozen=True):
    """All clusters of a class, most expensive first, and the students with unexplained losses."""

    clusters: tuple[Cluster, ...]
    unexplained: tuple[int, ...]
    unexplained_points: float = 0.0


class Repair(Struct, frozen=True):
    """A mistake over the submissions of a class: who repaired it, still makes it, made it again."""

    sentence: str
    repaired: tuple[str, ...]
    remaining: tuple[str, ...]
    returned: tuple[str, ...]


def clusters(grades: Sequence[Grade]) -> Clusters:
    """Group the students; submissions in which nothing could run are left out."""
    rows: dict[str, dict[int, cards.CardView]] = {}
    for row, grade in enumerate(grades):
        for entry in _entries(grade):
            if entry.lost > 0:
                rows.setdefault(key_of(entry), {}).setdefault(row, entry)
    kept = {key: found for key, found in rows.items() if len(found) > 1 or _has_name(found)}
    rest = [pair for key, found in rows.items() if key not in kept for pair in found.items()]
    made = [
        Cluster(key, tuple(found), round(sum(e.lost for e in found.values()), 6), _first(found))
        for key, found in kept.items()
    ]
    made.sort(key=lambda each: (-each.lost, -len(each.rows), each.key))
    asked = tuple(
        Cluster(each.key, each.rows, each.lost, each.entry, _choices(each, made)) for each in made
    )
    points = round(sum(entry.lost for _, entry in rest), 6)
    return Clusters(asked, tuple(sorted({row for row, _ in rest})), points)


def key_of(entry: cards.CardView) -> str:
    """Return a key that students with the same wrong behaviour share."""
    card = entry.card
    if card is not None and (card.cluster or card.mistake):
        return card.cluster or f"{card.mistake} in {card.function}"
    first = entry.checks[0].id if entry.checks else ""
    mistake = entry.checks[0].mistake if entry.checks else ""
    return mistake or f"{entry.sentence}\n{entry.message}\n{first}"


def repairs(handins: Iterable[Grade]) -> list[Repair]:
    """Follow each mistake through the submissions of each student, in order of arrival."""
    attempts: dict[str, list[dict[str, str]]] = {}
    for grade in handins:
        if has_run(grade):
            found = {
                _lasting(entry): entry.sentence for entry in cards.entries(grade) if entry.lost
            }
            attempts.setdefault(grade.submission.student, []).append(found)
    fates: dict[str, dict[str, list[str]]] = {}
    sentences: dict[str, str] = {}
    for student, made in attempts.items():
        for key, sentence in {k: s for each in made for k, s in each.items()}.items():
            if len(made) > 1:
                sentences.setdefault(key, sentence)
                fate = _fate([key in each for each in made])
                fates.setdefault(key, {}).setdefault(fate, []).append(student)
    result = [
        Repair(sentences[key], *(tuple(found.get(fate, ())) for fate in FATES))
        for key, found in fates.items()
    ]
    return sorted(
        result, key=lambda each: (-len(each.repaired), -len(each.remaining), each.sentence)
    )


FATES: Final = ("repaired", "remaining", "returned")


def _entries(grade: Grade) -> list[cards.CardView]:
    """Return what to fix, with texts held back from students; empty if nothing ran."""
    if not has_run(grade):
        return []
    return cards.entries(replace(grade, outcomes=tuple(map(for_staff, grade.outcomes))))


def _first(found: Mapping[int, cards.CardView]) -> cards.CardView:
    return next(iter(found.values()))


def _has_name(found: Mapping[int, cards.CardView]) -> bool:
    entry = _first(found)
    return bool(entry.card.mistake if entry.card else entry.checks and entry.checks[0].mistake)


def _choices(cluster: Cluster, every: Sequence[Cluster]) -> tuple[tuple[str, bool], ...]:
    """Return the correct value, this cluster's and others' for the same input, sorted."""
    example = cluster.entry.example
    if example is None or not example.returned or not example.correct:
        return ()
    wrong = Counter({example.returned: 10**6})
    for each in every:
        other = each.entry.example
        if other is not None and other.call == example.call and other.returned:
            wrong[other.returned] += len(each.rows)
    del wrong[example.correct]
    shown = [text for text, _ in wrong.most_common(MOST_CHOICES - 1)]
    return tuple(sorted((text, text == example.correct) for text in {example.correct, *shown}))


def _lasting(entry: cards.CardView) -> str:
    """Return a key that is stable over submissions: the mistake's name, or the cluster's key."""
    named = entry.card.mistake if entry.card else ""
    return f"{named} in {entry.card.function}" if named and entry.card else key_of(entry)


def _fate(made: Sequence[bool]) -> str:
    """Return the fate of a mistake, given which submissions contain it."""
    if re.search("x-+x", "".join("x" if each else "-" for each in made)):
        return "returned"
    return "remaining" if made[-1] else "repaired"

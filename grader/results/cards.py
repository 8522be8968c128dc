"""Order a grade's checks for a reader: root causes first, each with its consequences.

    for entry in entries(grade):
        entry.sentence, entry.lost, entry.consequences

Pages, LMS comments and the terminal all show these entries. A failed check without a `Card` becomes
an entry with its own title, message and hint; checks with the same text share an entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from grader.model import Card, Example, Grade, Outcome
from grader.results import wording


class CardView(Struct, frozen=True):
    """One thing to fix, as a reader sees it."""

    sentence: str
    checks: tuple[Outcome, ...]
    """The checks that show it directly."""
    consequences: tuple[Outcome, ...] = ()
    example: Example | None = None
    message: str = ""
    question: str = ""
    more: str = ""
    analogue: str = ""
    picture: str = ""
    card: Card | None = None

    @property
    def lost(self) -> float:
        """Return the points that it costs, with its consequences; each check counts once."""
        return lost(self.checks) + lost(self.consequences)


def entries(grade: Grade) -> list[CardView]:
    """Return what to fix: the cards in order, then the failed checks without a card."""
    known = {outcome.id for outcomes in by_card(grade).values() for outcome in outcomes}
    rest = [o for o in grade.outcomes if o.status == "failed" and o.id not in known]
    return explained(grade) + _grouped(rest)


def explained(grade: Grade) -> list[CardView]:
    """Return the cards that cost points or explain checks, in order.

    A second mistake in a function may have no check; its card comes after the first one.
    """
    checks = by_card(grade)
    found = [_of_card(card, checks.get(card.id, ())) for card in grade.cards]
    shown = {entry.card.cluster for entry in found if entry.card and (entry.lost or entry.checks)}
    shown.discard("")
    return [
        entry
        for entry in found
        if entry.lost or entry.checks or (entry.card and entry.card.cluster in shown)
    ]


def by_card(grade: Grade) -> dict[str, tuple[Outcome, ...]]:
    """Return the checks that each card explains, by the card's id, failed ones first.

    A check that is not judged yet waits for a failed one, and never represents the card.
    """
    ids = {card.id for card in grade.cards}
    owner = {check: card.id for card in reversed(grade.cards) for check in card.consequences}
    found: dict[str, list[Outcome]] = {}
    for outcome in grade.outcomes:
        card = outcome.root_cause if outcome.root_cause in ids else owner.get(outcome.id, "")
        if card and outcome.status in ("failed", "waiting"):
            found.setdefault(card, []).append(outcome)
    return {card: tuple(sorted(each, key=_is_waiting)) for card, each in found.items()}


def _is_waiting(outcome: Outcome) -> bool:
    return outcome.status == "waiting"


def first_checks(grade: Grade) -> dict[str, Outcome]:
    """Return, by card id, the check that shows the card where each check has one text."""
    return {card: _direct(card, grade, each)[0] for card, each in by_card(grade).items()}


def lost(outcomes: Iterable[Outcome]) -> float:
    """Return the points that checks did not earn."""
    return round(sum(each.max_points - each.points for each in outcomes), 6)


def _of_card(card: Card, explained: Sequence[Outcome]) -> CardView:
    follows = {*card.consequences}
    direct = tuple(o for o in explained if o.id not in follows) or tuple(explained[:1])
    shown = {outcome.id for outcome in direct}
    return CardView(
        card.sentence,
        direct,
        tuple(outcome for outcome in explained if outcome.id not in shown),
        example=card.example,
        question=card.question,
        more=card.more,
        analogue=card.analogue,
        picture=card.picture,
        card=card,
    )


def _direct(card: str, grade: Grade, explained: Sequence[Outcome]) -> Sequence[Outcome]:
    """Return the explained checks, those that are not consequences first."""
    follows = next((each.consequences for each in grade.cards if each.id == card), ())
    return sorted(explained, key=lambda outcome: outcome.id in follows)


def _grouped(failed: Sequence[Outcome]) -> list[CardView]:
    """Return an entry for each reason: a mistake with a hint, or the same message."""
    known = {o.message: o.mistake for o in failed if o.hint and o.message}
    groups: dict[tuple[str, str], list[Outcome]] = {}
    for outcome in failed:
        groups.setdefault(_reason(outcome, known), []).append(outcome)
    return [_plain(outcomes) for outcomes in groups.values()]


def _reason(outcome: Outcome, known: Mapping[str, str]) -> tuple[str, str]:
    mistake = outcome.mistake if outcome.hint else known.get(outcome.message, "")
    if mistake:
        return "mistake", mistake
    return ("message", outcome.message) if outcome.message else ("check", outcome.id)


def _is_headed(message: str) -> bool:
    """Return whether a message's first line ends with a colon and introduces the rest."""
    return message.partition("\n")[0].endswith(":")


def _plain(outcomes: Sequence[Outcome]) -> CardView:
    first = next((outcome for outcome in outcomes if outcome.hint), outcomes[0])
    messages = {outcome.message for outcome in outcomes}
    message = outcomes[0].message if len(messages) == 1 else ""
    if len(outcomes) == 1:
        sentence = first.title
        message = message or (wording.HELD_BACK if first.visibility else "")
    elif message and "\n" not in message:
        sentence, message = message, ""
    elif _is_headed(message):
        head, _, message = message.partition(":\n")
        sentence = head[:1].upper() + head[1:]
    else:
        sentence = wording.one_reason(len(outcomes), named=bool(first.hint))
    return CardView(
        sentence, tuple(outcomes), message=message, question=first.hint, more=first.more
    )

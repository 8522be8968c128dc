"""Score the diagnoses of realistic wrong programs: true and specific, first card, cards.

    python bench/corpus.py [--every 4] [--show all] [NAME ...]

The programs in tests/samples/corpus are right answers in several styles, each with one or two slips
that students make and that are not in the catalogues. The table names for each program the function
with the slip, and a pattern that matches a true sentence about it. A sentence that neither matches
nor is too vague counts as other and must be read.
"""

from __future__ import annotations

import argparse
import re
import statistics
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grader.course import catalog
from grader.grading.protocol import Settings
from grader.model import Card, Grade, Submission
from grader.runs import local

ROOT: Final = Path(__file__).parents[1]
CORPUS: Final = ROOT / "tests" / "samples" / "corpus"
PATIENCE: Final = 240
SEED: Final = 5
_VAGUE: Final = re.compile(r" (is|are) wrong\b")


@dataclass(frozen=True)
class Slip:
    """One slip of a program, and a pattern for true sentences about it."""

    function: str
    truth: str
    says: str

    def is_named(self, card: Card) -> bool:
        """Return whether a card is about the slip and describes it."""
        said = f"{card.sentence} {card.mistake}"
        fits = re.search(self.says, said) and not _VAGUE.search(card.sentence)
        return self.function in (card.function, "") and bool(fits)


@dataclass(frozen=True)
class Program:
    """One wrong program of the corpus."""

    exercise: str
    name: str
    source: str
    slips: tuple[Slip, ...]


def programs(exercise: str) -> Iterator[Program]:
    """Yield the programs of an exercise."""
    table = tomllib.loads((CORPUS / f"{exercise}.toml").read_text(encoding="utf-8"))
    for entry in table["program"]:
        source = _base(exercise, entry["base"])
        for old, new in entry["edits"]:
            if source.count(old) < 1:
                raise ValueError(f"{exercise}/{entry['name']}: the base has no {old!r}")
            source = source.replace(old, new, 1)
        slips = [Slip(entry["function"], entry["truth"], entry["says"])]
        if "also" in entry:
            slips.append(Slip(entry["also"], entry["also_truth"], entry["also_says"]))
        yield Program(exercise, entry["name"], source, tuple(slips))


def _base(exercise: str, name: str) -> str:
    own = CORPUS / exercise / f"{name}.py"
    path = own if own.exists() else ROOT / "reference" / exercise / "variants" / f"{name}.py"
    return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Score:
    """The page's statements about one program."""

    program: Program
    grade: Grade

    @property
    def verdict(self) -> str:
        """Return "named", "partly", "vague", "other" or "unseen"."""
        named = sum(any(slip.is_named(c) for c in self.grade.cards) for slip in self.program.slips)
        if named == len(self.program.slips):
            return "named"
        if named:
            return "partly"
        if not self.grade.cards:
            return "unseen"
        vague = all(_VAGUE.search(card.sentence) for card in self.grade.cards)
        return "vague" if vague else "other"

    @property
    def is_first(self) -> bool:
        """Return whether the first card is about a function that contains a slip."""
        functions = {slip.function for slip in self.program.slips}
        return bool(self.grade.cards) and self.grade.cards[0].function in functions

    @property
    def is_concrete(self) -> bool:
        """Return whether every card shows an input with the student's value, or an exception."""
        examples = [card.example for card in self.grade.cards]
        return all(each and (each.returned or each.raised) for each in examples)


def scores(exercise: str, every: int = 1) -> Iterator[Score]:
    """Grade every n-th program of an exercise, and yield the statements of their pages."""
    chosen = {each.name: each for each in list(programs(exercise))[::every]}
    submissions = [
        Submission(name, f"{exercise}.py", each.source.encode()) for name, each in chosen.items()
    ]
    settings = Settings(str(ROOT), exercise, SEED, b"corpus")
    for submission, grade in local.grade_all(submissions, settings, jobs=1, patience=PATIENCE):
        yield Score(chosen[submission.student], grade)


def row(name: str, found: Sequence[Score]) -> str:
    """Return one row of the table."""
    kinds = [score.verdict for score in found]
    cards = [len(score.grade.cards) for score in found]
    share = kinds.count("named") / len(found)
    first = sum(score.is_first for score in found) / len(found)
    counts = " | ".join(str(kinds.count(k)) for k in ("partly", "vague", "other", "unseen"))
    concrete = sum(not score.is_concrete for score in found)
    middle = statistics.median(cards)
    return (
        f"| {name} | {len(found)} | {share:.0%} | {counts} | {first:.0%} "
        f"| {middle:g} | {max(cards)} | {concrete} |"
    )


HEAD: Final = (
    "| exercise | programs | named | partly | vague | other | unseen | first card | "
    "cards, median | most | without example |\n" + "|---" * 11 + "|"
)


def shown(score: Score) -> Iterator[str]:
    """Yield the lines of a page, below the true description."""
    yield f"{score.program.exercise}/{score.program.name}: {score.verdict}, {score.grade.score:.4g}"
    for slip in score.program.slips:
        yield f"    true: {slip.function}: {slip.truth}"
    for card in score.grade.cards:
        named = f" [{card.mistake}]" if card.mistake else ""
        yield f"    card: {card.function}: {card.sentence}{named} {card.points:.4g}"


def main() -> None:
    """Print the table, and the pages of some programs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--every", type=int, default=1, help="take every n-th program")
    parser.add_argument("--show", choices=("none", "rest", "all"), default="none",
                        help="print the cards of the programs that are not named, or of all")  # fmt: skip
    options = parser.parse_args()
    names = options.names or [each.name for each in catalog.load(ROOT).assignments]
    everything: list[Score] = []
    rows = []
    for name in names:
        found = list(scores(name, options.every))
        for score in found:
            wanted = options.show == "all" or (options.show == "rest" and score.verdict != "named")
            if wanted:
                print("\n".join(shown(score)), flush=True)
        rows.append(row(name, found))
        everything += found
    print(HEAD)
    print("\n".join([*rows, row("all", everything)]))


if __name__ == "__main__":
    main()

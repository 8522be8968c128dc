"""Explain some arrays of a function, if no edit explains all of its results.

    in_arrays(search, view)          # an edit that applies to the wrong arrays only
    of_kept(search, fresh, view)     # the first wrong value of its cache: a hidden layer, a gate
    of_first(search, view, view)     # an edit that explains only the first wrong array
    rest(search, view, cause)        # the arrays that are wrong for another reason

They are tried in this order, after the edits that explain everything.
"""

from __future__ import annotations

import copy
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from grader.checks.answers import Asked
from grader.checks.arrays import Path, leaves
from grader.checks.diagnosis import examples, quantities
from grader.checks.diagnosis.descriptions import pairs_of, relation_of, shares_of, unlike
from grader.checks.diagnosis.diagnostics import Candidate, wrong_paths
from grader.checks.diagnosis.edits import Edits
from grader.checks.diagnosis.pairs import FEWEST_ENTRIES, near
from grader.checks.diagnosis.relations import is_slip, quantity, relation
from grader.checks.diagnosis.views import Cause, View
from grader.checks.reference import Module
from grader.sandbox.student import Refused

MOST_NAMES: Final = 4
_NAME: Final = re.compile(r"`[^`]*`")


def in_arrays(search: Edits, view: View) -> list[Cause]:
    """Return an edit that gives all wrong arrays of a function and applies to them only."""
    if view.errors or not view.is_wrong:
        return []
    candidate = search.in_arrays(view)
    if candidate is None:
        return []
    where = "" if len(view.paths) > MOST_NAMES else f", in {_names(view, view.paths)} only"
    where = where or ", in some of its arrays only"
    module = _made_in(search, view, candidate, view.paths)
    return _caused(search, view, candidate, where, module)


def _made_in(search: Edits, view: View, candidate: Candidate, paths: Sequence[Path]) -> Module:
    """Return the reference with an edit that applies to some arrays of a function only."""
    right = getattr(search.reference.module, view.function)
    edited = getattr(candidate.module.module, view.function)
    return search.reference.with_parts(
        {view.function: functools.partial(both, right, edited, paths)}
    )


def of_kept(search: Edits, fresh: Asked, view: View) -> list[Cause]:
    """Return the cause of the first wrong value in a function's cache, if there is one."""
    shown = _shown(fresh, view)
    if shown is None:
        return []
    if not shown.roots:
        return [_localised(search, shown)]
    path = shown.roots[0]
    for candidate in search.matching(shown, path):
        found = _caused(search, shown, candidate, one=path)
        return _with_example(shown, found)
    return [_localised(search, shown)]


def of_first(search: Edits, view: View, whole: View) -> list[Cause]:
    """Return an edit that explains the first wrong array of a function, and not the others.

    Args:
        search: The candidates.
        view: The arrays to explain.
        whole: All arrays; a named mistake must not change the right ones.
    """
    path = view.first_path()
    size = sum(view.arrays(n)[path].size for n in view.numbers if path in view.wrong[n])
    if size < MOST_NAMES:
        return []
    for candidate in search.matching(view, path):
        if candidate.mistake is None or search.spares(candidate, whole):
            return _caused(search, view, candidate, one=path)
    return []


def rest(search: Edits, view: View, first: Cause) -> View | None:
    """Return a view of the arrays that are wrong for another reason than a cause.

    The cause is an edit that leaves them right, or both reasons are simple relations of different
    kinds. Three reasons in one function are more likely one reason that was not recognised.
    """
    label = functools.partial(examples.label, view.function)
    home = next((path for path in view.roots if label(path) == first.array), None)
    others = [path for path in view.roots if path != home]
    if home is None or not others or first.module is not None:
        return None
    own = _reason(search, view, home)
    if not any(own):
        return None
    reasons = {path: _reason(search, view, path) for path in others}
    apart = [path for path in others if _is_apart(search, view, own, reasons[path], path)]
    if len({reasons[path][1:] for path in apart}) != 1:
        return None
    return of_paths(view, apart)


def besides(view: View, candidate: Candidate, paths: Sequence[Path]) -> list[Cause]:
    """Return a simple cause for an array that a named mistake leaves unexplained."""
    for path in paths:
        cases = [case for case, _, wrong in view.failing() if path in wrong]
        pairs = []
        for pair, case in zip(pairs_of(view, path), cases, strict=False):
            made = candidate.made(case, view.reference.want(case))
            if made is None or path not in made.arrays:
                return []
            pairs.append(replace(pair, right=made.arrays[path], known={}))
        off = [pair for pair in pairs if not near(pair.got, pair.right)]
        if off and is_slip(off) and (said := relation(off)):
            name = quantities.named(view.reference, view.function, path)
            sentence = f"{view.function}: besides, {name} {said}."
            array = examples.label(view.function, path)
            return [
                Cause(
                    view.function, sentence, quantities.ask(sentence), array=array, changes={path}
                )
            ]
    return []


def of_paths(view: View, paths: Sequence[Path]) -> View:
    """Return a view in which only these arrays count as wrong."""
    wrong = [[path for path in each if path in paths] for each in view.wrong]
    return replace(view, wrong=wrong, roots=[path for path in view.roots if path in paths])


class _Reason(NamedTuple):
    """The explanation of one array, an edit or a relation, as text without names."""

    edit: Candidate | None
    clause: str
    relation: str


def _reason(search: Edits, view: View, path: Path) -> _Reason:
    if view.wrong_entries([path]) < FEWEST_ENTRIES:
        return _Reason(None, "", "")
    pairs = list(pairs_of(view, path))
    said = relation(pairs) if is_slip(pairs) else quantity(shares_of(view, path))
    edit = next((each for each in search.matching(view, path) if search.spares(each, view)), None)
    clause = edit.mutant.clause if edit is not None and edit.mutant is not None else ""
    return _Reason(edit, _NAME.sub("", clause), _NAME.sub("", said))


def _is_apart(search: Edits, view: View, own: _Reason, other: _Reason, path: Path) -> bool:
    """Return whether an array is wrong for another reason than the first one."""
    if own.relation and other.relation:
        return own.relation != other.relation
    if own.edit is None or own.edit is other.edit or search.changes(own.edit, view, path):
        return False
    return not other.clause or other.clause != own.clause


def _shown(fresh: Asked, view: View) -> View | None:
    """Return the same inputs with the function's cache values, if the file returns all of them."""
    reference = view.reference
    if view.errors or not view.is_wrong or not reference.caches.get(view.function):
        return None
    cases = [case.with_cache() for case in view.cases]
    answers = fresh.answers(cases)
    if any(answer.error is not None for answer in answers):
        return None
    if any(isinstance(leaf, Refused) for a in answers for _, leaf in leaves(a.value)):
        return None
    wrong = [
        sorted(wrong_paths(reference, *pair), key=lambda path: -len(path))
        for pair in zip(cases, answers, strict=True)
    ]
    found = View(view.function, reference, cases, answers, wrong)
    kept = [path for path in reference.expected(cases[0])[1] if len(path) > 1]
    found.roots = [path for path in kept if any(path in each for each in wrong)][:1]
    return found


def _localised(search: Edits, shown: View) -> Cause:
    """Name the first wrong value, with its relation to the right one if there is one."""
    sentence = relation_of(shown) or unlike(shown, search.diagnostics.ladder(shown.function))
    array = examples.label(shown.function, shown.first_path())
    cause = Cause(shown.function, sentence, quantities.ask(sentence), array=array)
    return _with_example(shown, [cause])[0]


def _with_example(shown: View, found: list[Cause]) -> list[Cause]:
    for cause in found:
        for case, answer, paths in shown.failing():
            cause.example = examples.example(shown.reference, case, answer, paths)
            break
    return found


def _names(view: View, paths: Sequence[Path]) -> str:
    known = [quantities.named(view.reference, view.function, path) for path in paths]
    return known[0] if len(known) == 1 else f"{', '.join(known[:-1])} and {known[-1]}"


def _caused(
    search: Edits,
    view: View,
    candidate: Candidate,
    where: str = "",
    module: Module | None = None,
    one: Path | None = None,
) -> list[Cause]:
    """Return the cause for an edit in some arrays; a mistake's text must be true of these.

    Args:
        search: The candidates.
        view: The student's answers.
        candidate: The edit.
        where: The arrays, as the end of the sentence.
        module: The reference with the edit made there.
        one: The only array that it explains.
    """
    array = examples.label(view.function, view.first_path())
    cause = Cause(view.function, "", array=array, module=module)
    cause.is_edit, cause.named = module is not None, {view.function}
    if candidate.mutant is not None:
        said = f"{view.function} behaves as if"
        if one is not None:
            said = f"{quantities.subject(view.reference, view.function, one)} comes out as if"
        cause.sentence = f"{said} {candidate.mutant.clause}{where}."
        cause.question = candidate.mutant.question
        return [cause]
    sentence = relation_of(view)
    if candidate.mistake is None or not sentence:
        return []
    cause.sentence, cause.mistake = sentence, candidate.mistake.id
    hint = search.diagnostics.exercise.catalogue.hints[cause.mistake]
    _, cause.question = quantities.halves(hint.question)
    cause.more = quantities.neutral(hint.more)
    return [cause]


def both(
    right: Callable[..., Any], edited: Callable[..., Any], paths: Sequence[Path], *args: Any
) -> Any:
    """Return the right function's result, with the values of an edited one at some paths."""
    made = edited(*copy.deepcopy(args))
    return merged(right(*args), made, paths)


def merged(right: Any, made: Any, paths: Sequence[Path]) -> Any:
    """Return a right answer with the values of an edited one at some paths."""
    whole = copy.copy(right)
    for path in paths:
        whole = _put(whole, made, path)
    return whole


def _put(whole: Any, made: Any, path: Path) -> Any:
    if not path:
        return made
    key = path[0]
    if isinstance(whole, Mapping):
        return {**whole, key: _put(whole[key], made[key], path[1:])}
    parts = list(whole)
    parts[int(key)] = _put(parts[int(key)], made[int(key)], path[1:])
    return tuple(parts) if isinstance(whole, tuple) else parts

"""The mutation operators: each finds places in a function where one small edit is a mistake.

An operator is a function from a function's syntax tree to `Edit` values. An edit describes the
difference ("`b2` were not added", to follow "as if") and asks a question that leads to the place.
The table `OPERATORS` lists likely mistakes first. To add an operator, write such a function and add
it to the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from grader.checks.diagnosis import mutation_forms as forms
from grader.checks.diagnosis import mutation_formulas as formulas
from grader.checks.diagnosis import mutation_functions as functions
from grader.checks.diagnosis import mutation_names as wrong_names
from grader.checks.diagnosis import mutation_statements as statements
from grader.checks.diagnosis.edit_places import Edit, Function

Operator = Callable[[Function], Iterator[Edit]]

OPERATORS: Final[tuple[Operator, ...]] = (
    formulas.terms,
    formulas.factors,
    functions.calls_left_out,
    formulas.signs,
    formulas.squares,
    functions.choices,
    formulas.operators_exchanged,
    functions.functions_exchanged,
    functions.values_before,
    wrong_names.letters,
    formulas.axes,
    statements.changed,
    functions.comparisons,
    forms.turns_compared,
    forms.slopes_written,
    statements.bounds,
    statements.carried,
    statements.indented,
    functions.columns_left_out,
    functions.leaks,
    forms.spreads,
    formulas.operands_swapped,
    formulas.transposes,
    wrong_names.values_exchanged,
    wrong_names.arguments_swapped,
    wrong_names.kept_swapped,
    wrong_names.names_swapped,
    wrong_names.keys_fixed,
    forms.brackets,
    forms.complements,
    formulas.numbers,
    functions.counts,
    statements.arguments,
    functions.slopes,
    statements.cut,
    statements.without_keywords,
    formulas.in_one_turn,
    formulas.added_for_multiplied,
    wrong_names.names_far,
)

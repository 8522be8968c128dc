"""Send DataFrame, Series and Index as arrays of columns, and rebuild them with their dtypes.

`packing` and `values` can handle them once this module is imported: beside student code if
`imports:` lists pandas, in the grader when the first one is sent or received.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from grader.sandbox.guest import packing, values
from grader.sandbox.guest.packing import Packer
from grader.sandbox.guest.values import MAX_RANGE, Tag
from grader.sandbox.guest.wire import WireError

pd: Any = importlib.import_module("pandas")  # untyped, and not installed everywhere

_PLAIN, _CATEGORIES, _EXTENSION, _ZONED, _LEVELS, _RANGE = range(6)
_DTYPE: Final = re.compile(r"(U?Int(8|16|32|64)|Float(32|64)|boolean|string|str)", re.ASCII)
_ZONE: Final = re.compile(r"[A-Za-z0-9_+\-/:]{1,40}", re.ASCII)

_INDEXES: Final = (
    "Index", "RangeIndex", "MultiIndex", "DatetimeIndex", "TimedeltaIndex", "CategoricalIndex",
)  # fmt: skip


def _column(packer: Packer, column: Any) -> Any:
    """Return the node for the values of a Series or of an Index without levels."""
    dtype = column.dtype
    if isinstance(dtype, np.dtype):
        return [_PLAIN, packer.pack(column.to_numpy())]
    if isinstance(dtype, pd.CategoricalDtype):
        categorical = pd.Categorical(column)
        return [_CATEGORIES, packer.pack(np.asarray(categorical.codes)),
                _index(packer, categorical.categories), bool(categorical.ordered)]  # fmt: skip
    if isinstance(dtype, pd.DatetimeTZDtype):
        moments = pd.DatetimeIndex(column).tz_convert("UTC").tz_localize(None).to_numpy()
        return [_ZONED, str(dtype.tz), packer.pack(moments)]
    missing = column.isna()
    entries = [None if gone else each for each, gone in zip(column, missing, strict=True)]
    return [_EXTENSION, str(dtype), packer.items(Tag.LIST, entries)]


def _index(packer: Packer, index: Any) -> Any:
    names = [packer.pack(name) for name in index.names]
    if isinstance(index, pd.MultiIndex):
        levels = [_column(packer, index.get_level_values(i)) for i in range(index.nlevels)]
        return [int(Tag.INDEX), names, [_LEVELS, levels]]
    if isinstance(index, pd.RangeIndex):
        return [int(Tag.INDEX), names, [_RANGE, index.start, index.stop, index.step]]
    return [int(Tag.INDEX), names, _column(packer, index)]


def _series(packer: Packer, series: Any) -> Any:
    return [int(Tag.SERIES), packer.pack(series.name), _index(packer, series.index),
            _column(packer, series)]  # fmt: skip


def _frame(packer: Packer, frame: Any) -> Any:
    columns = [_column(packer, frame.iloc[:, i]) for i in range(frame.shape[1])]
    return [int(Tag.FRAME), _index(packer, frame.columns), _index(packer, frame.index), columns]


# --- rebuilding -------------------------------------------------------------------------------


def _built_column(builder: Any, node: Any) -> Any:
    match node:
        case [int(kind), inner] if kind == _PLAIN:
            array = builder.build(inner)
            if not isinstance(array, np.ndarray) or array.ndim != 1:
                raise WireError("a column that is no array of one dimension")
            return array
        case [int(kind), inner, categories, bool(ordered)] if kind == _CATEGORIES:
            codes, index = builder.build(inner), _built_index(builder, categories)
            return pd.Categorical.from_codes(codes, index, ordered=ordered)
        case [int(kind), str(name), entries] if kind == _EXTENSION and _DTYPE.fullmatch(name):
            return pd.array(builder.build(entries), dtype=name)
        case [int(kind), str(zone), inner] if kind == _ZONED and _ZONE.fullmatch(zone):
            return pd.DatetimeIndex(builder.build(inner)).tz_localize("UTC").tz_convert(zone)
    raise WireError("an unknown kind of column")


def _built_index(builder: Any, node: Any) -> Any:
    match node:
        case [Tag.INDEX, [*names], [int(kind), [*levels]]] if kind == _LEVELS:
            arrays = [_built_column(builder, level) for level in levels]
            return pd.MultiIndex.from_arrays(arrays, names=[builder.build(n) for n in names])
        case [Tag.INDEX, [name], [int(kind), int(start), int(stop), int(step)]] if kind == _RANGE:
            if (stop - start) // step > MAX_RANGE:
                raise WireError("an index of too many rows")
            return pd.RangeIndex(start, stop, step, name=builder.build(name))
        case [Tag.INDEX, [name], column]:
            return pd.Index(_built_column(builder, column), name=builder.build(name))
    raise WireError("an unknown kind of index")


def _built_series(builder: Any, node: Any) -> Any:
    _, name, index, column = node
    built = _built_column(builder, column)
    return pd.Series(built, index=_built_index(builder, index), name=builder.build(name))


def _built_frame(builder: Any, node: Any) -> Any:
    _, columns, index, data = node
    rows = _built_index(builder, index)
    built = pd.DataFrame(
        {i: pd.Series(_built_column(builder, each), index=rows) for i, each in enumerate(data)},
        index=rows,
    )
    built.columns = _built_index(builder, columns)
    return built


def _checked(build: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Build a table of plain values; convert what pandas raises for a node to a `WireError`."""

    def checked(builder: Any, node: Any) -> Any:
        try:
            return build(builder.plain(), node)
        except WireError:
            raise
        except Exception as error:
            raise WireError(f"a table that cannot be built: {type(error).__name__}") from None

    return checked


packing.extend("pandas", "DataFrame", _frame)
packing.extend("pandas", "Series", _series)
for _name in _INDEXES:
    packing.extend("pandas", _name, _index)
values.rebuild(Tag.FRAME, _checked(_built_frame))
values.rebuild(Tag.SERIES, _checked(_built_series))
values.rebuild(Tag.INDEX, _checked(_built_index))

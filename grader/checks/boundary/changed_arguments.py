"""Change arguments in this process as a call changed their copies in the worker.

    restore(xs, [1, 2, 3])      # xs stays the same list, with other items

The values are plain ones that arrived from the worker, or handles.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def restore(old: Any, new: Any) -> None:
    """Change ``old`` in place to equal ``new``, if both are containers of the same kind."""
    if isinstance(old, np.ndarray):
        if isinstance(new, np.ndarray) and (old.shape, old.dtype) == (new.shape, new.dtype):
            old[...] = new
    elif isinstance(old, list) and isinstance(new, list):
        old[:] = [_restored(old[i], item) if i < len(old) else item for i, item in enumerate(new)]
    elif isinstance(old, dict) and isinstance(new, dict):
        items = {key: _restored(old.get(key), item) for key, item in new.items()}
        old.clear()
        old.update(items)
    elif isinstance(old, set) and isinstance(new, set):
        old.clear()
        old.update(new)
    elif hasattr(old, "extend") and hasattr(old, "clear") and type(old) is type(new):
        old.clear()
        old.extend(new)


def _restored(old: Any, new: Any) -> Any:
    mutable = isinstance(old, (list, dict, set, np.ndarray)) and type(old) is type(new)
    if isinstance(old, np.ndarray) and mutable:
        mutable = (old.shape, old.dtype) == (new.shape, new.dtype)
    if not mutable:
        return new
    restore(old, new)
    return old

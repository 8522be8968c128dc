"""Make our processes start quickly: all that is tuned, in one place, with what each part gains.

    [python, "-c", startup.WITHOUT_COLLECTOR + code]     # a process that imports much
    startup.settle()                                     # when it has loaded what it needs

The gains are CPU of `grader grade`, measured by ``bench/startup.py``, which turns each part off. Three
more gains need no code here: heavy modules are imported where they are used, patterns that a
command may not need are compiled at their first use, and values are `msgspec.Struct`: Python writes
and compiles six methods for each frozen dataclass (24 % of the command's instructions at the start,
13 % of those of a grading process).
"""

from __future__ import annotations

import gc
from typing import Final

WITHOUT_COLLECTOR: Final = "import gc; gc.disable(); "
"""Program text: what is imported stays, so to look for cycles in it meanwhile is wasted.

6 to 8 % of a single submission, in the grading process and in the fork server each.
"""

WITHOUT_FORK_HOOKS: Final = "import os; os.register_at_fork = lambda **_: None; "
"""Program text for the fork server: what modules want done in a forked child is not registered.

New seeds and new locks cost every worker and gain nothing there: it has one thread, and the fork
server seeds it. 5 % of a class of 60.
"""

COLLECT_AFTER: Final = 50_000
"""New objects between two looks for cycles in the command: its imports make many that stay.

5 % of a class of 60.
"""


def settle() -> None:
    """Leave what is loaded out of the collector's sight, and turn the collector on.

    In a fork server this also keeps the pages of memory shared that a worker would otherwise copy:
    4 % of a class of 60.
    """
    gc.freeze()
    gc.enable()

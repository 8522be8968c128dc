"""Settings that make our processes start quickly, each with its measured gain.

    [python, "-c", startup.WITHOUT_COLLECTOR + code]     # a process that imports much
    startup.settle()                                     # when it has loaded what it needs

The gains are CPU time of `grader grade`, measured by ``bench/startup.py``, which turns each setting
off. Three more gains need no code here: heavy modules are imported where they are used, patterns
that a command may not need are compiled on first use, and values are `msgspec.Struct`: for each
frozen dataclass Python would generate and compile six methods (24 % of the command's instructions
at the start, 13 % of those of a grading process).
"""

from __future__ import annotations

import gc
from typing import Final

WITHOUT_COLLECTOR: Final = "import gc; gc.disable(); "
"""Program text that turns the cycle collector off: imported objects stay alive anyway.

Saves 6 to 8 % of a single submission, in the grading process and in the fork server each.
"""

WITHOUT_FORK_HOOKS: Final = "import os; os.register_at_fork = lambda **_: None; "
"""Program text for the fork server that ignores the fork hooks of modules.

New random seeds and locks would cost time in every worker, and none are needed: the fork server has one
thread, and seeds workers itself. Saves 5 % of a class of 60.
"""

COLLECT_AFTER: Final = 50_000
"""Number of new objects between two runs of the cycle collector in the command.

Its imports create many objects that stay alive. Saves 5 % of a class of 60.
"""


def settle() -> None:
    """Exclude everything loaded so far from the cycle collector, and turn the collector on.

    In a fork server this also keeps memory pages shared that a worker would otherwise copy. Saves 4
    % of a class of 60.
    """
    gc.freeze()
    gc.enable()

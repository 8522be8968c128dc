"""A student's own check: the public tests, and each gradient beside a numeric one.

In a terminal, on Linux, macOS and Windows::

    grader check two_layer_network.py

and in a notebook, on the functions that it has defined::

    from grader.selfcheck import check
    check("two_layer_network")

The public tests are a file ``test_public.py`` beside the student's file, in the current folder, or
in a folder named like the exercise; `grader.checks.expect` is what they are written in. A file
is run by a Python of its own, so that whatever it does, somebody is left to tell: its output is
passed on as it comes, and it is stopped when it is silent for too long. Exit status: 0 everything
passed, 1 something did not, 2 there is nothing to check.
"""

from __future__ import annotations

import sys
from pathlib import Path

from grader.selfcheck.checks import checks
from grader.selfcheck.examine import busy, of_history
from grader.selfcheck.lesson import draw, ending, lines, show, step
from grader.selfcheck.public_tests import SelfCheckError, load_public, public_of
from grader.selfcheck.report import Report
from grader.selfcheck.runner import say

__all__ = ["SelfCheckError", "check", "draw", "ending", "lines", "public_of", "say", "show", "step"]

# --- the two front doors ------------------------------------------------------------------------


def check(name: str) -> None:
    """Check the functions of the notebook (or module) that calls this; show what came of it.

    ``name`` is that of the exercise. In IPython the outcome is shown as HTML, elsewhere as text.
    """
    if busy.is_set():
        return
    namespace = sys._getframe(1).f_globals
    try:
        public = public_of(name, Path.cwd())
    except SelfCheckError as error:
        print(error)
        return
    tests = load_public(public)
    refused = of_history(namespace.get("In"), tests)
    _show(Report(name, (*refused, *(each.run() for each in checks(namespace, tests)))))


# --- a file, in a Python of its own -------------------------------------------------------------


def _show(report: Report) -> None:
    """Display in IPython, if that is where we are; else print."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(report)
    else:
        say(f"{report}\n")

"""The self-check for students: public tests, and gradients compared with numeric ones.

In a terminal, on Linux, macOS and Windows::

    grader check two_layer_network.py

and in a notebook, on the functions that it has defined::

    from grader.selfcheck import check
    check("two_layer_network")

The public tests are a file ``test_public.py`` next to the student's file, in the current folder, or
in a folder named like the exercise; they are written with `grader.checks.expect`. A file runs in a
separate Python process, so that any failure can be reported: its output is passed on as it arrives,
and it is stopped if it is silent for too long. Exit status: 0 if everything passed, 1 if something
did not, 2 if there is nothing to check.
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

# --- entry points -------------------------------------------------------------------------------


def check(name: str) -> None:
    """Check the functions of the calling notebook or module, and show the result.

    ``name`` is the name of the exercise. IPython shows the result as HTML, other programs print
    text.
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


# --- output -------------------------------------------------------------------------------------


def _show(report: Report) -> None:
    """Display the report in IPython; print it elsewhere."""
    shell = sys.modules.get("IPython")
    if shell is not None and shell.get_ipython() is not None:
        shell.display.display(report)
    else:
        say(f"{report}\n")

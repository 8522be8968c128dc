"""The choices of arguments, for help texts and tab completion.

Importing the rooms that define these words would make ``grader --help`` slow, so they are repeated
here. A test compares each tuple with its room's table.
"""

from __future__ import annotations

from typing import Final

EXPORTS: Final = (
    "canvas", "moodle", "gradescope-csv", "blackboard", "nbgrader", "csv", "feedback",
)  # fmt: skip
FEEDBACK: Final = ("canvas", "moodle", "gradescope", "blackboard", "folders", "email")
JOBS: Final = (
    "gradescope", "prairielearn", "github", "classroom50", "gitlab", "vpl", "coderunner",
)  # fmt: skip
BUNDLES: Final = (
    "gradescope", "prairielearn", "github", "gitlab", "classroom50", "vpl", "coderunner", "docker",
    "worker",
)  # fmt: skip
KINDS: Final = (
    "gradescope", "moodle", "blackboard", "canvas", "brightspace", "sakai", "teams", "nbgrader",
    "git", "plain",
)  # fmt: skip
SHELLS: Final = ("bash", "zsh", "tcsh", "fish")

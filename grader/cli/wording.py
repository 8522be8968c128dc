"""Texts of the command line: examples for each command, and other texts of the help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

COMPLETION: Final = (
    'Tab completion: eval "$(grader completion bash)"; zsh, tcsh and fish have it too\n'
    "Exit status: 0 done; 2 bad input, explained in one line; 3 something could not be graded."
)
RECOGNISED: Final[Mapping[str, str]] = {
    "blackboard": "Blackboard download",
    "brightspace": "Brightspace download",
    "canvas": "Canvas download",
    "git": "git clones",
    "gradescope": "Gradescope export",
    "moodle": "Moodle download",
    "nbgrader": "nbgrader's submitted folder",
    "plain": "plain folder",
    "sakai": "Sakai download",
    "teams": "Teams download",
}
"""The name of each kind of download in the summary of a run."""
EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "check": ("grader check", "grader check two_layer_network.ipynb"),
    "grade": (
        "grader grade download.zip --assignment two_layer_network --out results/week2",
        "grader grade download.zip --assignment two_layer_network --out results/week2 --only kurt",
        "grader grade download.zip --assignment two_layer_network --out results/week2 "
        "--choose ada=part_a.py",
    ),
    "report": ("grader report results/week2", "grader report results/week2/all"),
    "show": ("grader show results/week2 kurt", 'grader show results/week2 "Kurt West" z1'),
    "adjust": (
        'grader adjust results/week2 kurt +5 --reason "explained it in the oral exam"',
        'grader adjust results/week2 kurt --undo --reason "entered twice"',
        "grader adjust results/week2",
    ),
    "regrade": ("grader regrade results/week2", "grader regrade results/week2 --write"),
    "export": (
        "grader export csv results/week2",
        "grader export canvas results/week2 --into gradebook.csv",
        "grader export feedback results/week2 --for moodle",
    ),
    "push": ("grader push canvas results/week2", "grader push canvas results/week2 --send"),
    "merge": (
        "grader merge shard1 shard2 --out results/week2",
        "grader merge shard1 shard2 shard3 shard4 --out results/week2",
    ),
    "worker": (
        "grader worker --broker redis://127.0.0.1:6379/0",
        "grader worker --course course.zip --jobs 4",
    ),
    "checks": (
        "grader checks two_layer_network",
        "grader checks two_layer_network --markdown",
    ),
    "mark": (
        'grader mark results/week2 kurt derivation 15 --reason "the last step is missing"',
        "grader mark results/week2 --blank marks.csv",
        "grader mark results/week2 --csv marks.csv",
    ),
    "rename": ("grader rename perceptron neuron", "grader rename week1 two_layer_network"),
    "import": (
        "grader import nbgrader source/week1/week1.ipynb",
        "grader import otter hw01/hw01.ipynb",
    ),
    "serve": (
        "grader serve --course . --data /srv/grader --url https://submit.example.org",
        "grader serve invite students.csv --data /srv/grader --url https://submit.example.org "
        "--out links.csv",
    ),
    "config": ("grader config two_layer_network", "grader config --schema > assignments.json"),
    "completion": ('eval "$(grader completion bash)"', "grader completion zsh > _grader"),
    "autograde": (
        "grader autograde --lms gradescope",
        "grader autograde --lms github --assignment two_layer_network --submission work.py",
    ),
    "bundle": (
        "grader bundle gradescope two_layer_network --out bundles",
        "grader bundle worker two_layer_network --out bundles",
    ),
    "new": ("grader new attention", "grader new word_count --template function"),
    "new-mistake": ("grader new-mistake results/week2", "grader new-mistake results/week2 kurt"),
    "build": ("grader build", "grader build two_layer_network --check"),
    "release": (
        "grader release two_layer_network --out zips",
        "grader release two_layer_network --install backprop-grader==0.2",
    ),
    "validate": ("grader validate", "grader validate two_layer_network --seeds 1"),
    "doctor": ("grader doctor", "sudo -u nobody grader doctor"),
}
"""Two or three examples for each command, as a user types them."""

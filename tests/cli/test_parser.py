"""The command line explains itself: every command and option has a text, and slips get a suggestion."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

import jsonschema
import pytest

from grader import cli
from grader.cli import choices, grade
from grader.cli.wording import EXAMPLES
from grader.course import catalog, fields, schema

PARSER = cli.parser()
COMMANDS = PARSER.get_default("commands")


def options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """Return the arguments and options of a command, but for its help."""
    return [each for each in parser._actions if each.dest not in ("help", "version", "run")]


def leaves(name: str, parser: argparse.ArgumentParser) -> list[tuple[str, argparse.ArgumentParser]]:
    """Return a command, or the commands below it."""
    below = [each for each in parser._actions if isinstance(each, argparse._SubParsersAction)]
    if not below:
        return [(name, parser)]
    return [
        leaf for word, each in below[0].choices.items() for leaf in leaves(f"{name} {word}", each)
    ]


ALL = [leaf for name, parser in COMMANDS.items() for leaf in leaves(name, parser)]


@pytest.mark.parametrize(("name", "parser"), ALL, ids=[name for name, _ in ALL])
def test_every_option_has_a_text(name: str, parser: argparse.ArgumentParser) -> None:
    """No option is listed without a word about it."""
    assert [] == [each.dest for each in options(parser) if not (each.help or "").strip()]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_examples_that_parse(name: str) -> None:
    """The two examples at the end of a help text are real command lines."""
    assert len(EXAMPLES[name]) >= 2
    for line in EXAMPLES[name]:
        words = shlex.split(line.partition(">")[0].replace('eval "$(', "").replace(')"', ""))
        start = words.index("grader") + 1
        assert PARSER.parse_args(words[start:]).run
        assert line in COMMANDS[name].format_help()


def test_the_help_lists_every_command() -> None:
    """Each command stands in the overview, under the people who use it."""
    text = PARSER.format_help()
    assert [] == [name for name in COMMANDS if f"\n  {name} " not in text]
    for group in ("Students", "Instructors", "Authors of exercises", "LMS and CI jobs"):
        assert f"\n{group}:" in text


@pytest.mark.parametrize(
    ("typed", "meant"), [("grad", "grade"), ("regarde", "regrade"), ("valid", "validate")]
)
def test_a_misspelt_command_gets_a_suggestion(
    typed: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit status 2."""
    with pytest.raises(SystemExit) as stopped:
        cli.main([typed])
    assert stopped.value.code == 2
    assert f"did you mean 'grader {meant}'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["grade", "x", "--assignement", "relu"], "--assignement; did you mean --assignment?"),
        (["show", "out"], "missing: STUDENT (see 'grader show --help')"),
        (["adjust", "out", "kurt", "-2,5"], "-2,5 is not a number; write -2.5"),
        (["export", "canvass", "out"], "unknown FORMAT 'canvass'; did you mean canvas? (see"),
        (["autograde", "--lms", "ilias"], "unknown --lms 'ilias'; choose one of: gradescope, "),
        (["bundle", "jenkins", "x"], "unknown FORMAT 'jenkins'; choose one of: gradescope, "),
        (["grade", "x", "--inbox", "mooodle"], "unknown --inbox 'mooodle'; did you mean moodle?"),
        (["completion", "fsh"], "unknown SHELL 'fsh'; did you mean fish?"),
        (["export", "csv", "out", "--xyz"], "unknown option --xyz (see"),
    ],
)
def test_a_misspelt_option_gets_a_suggestion(
    typed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line, exit status 2, before anything is called missing."""
    with pytest.raises(SystemExit) as stopped:
        cli.main(typed)
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_no_word_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    assert "Instructors:" in capsys.readouterr().out


def test_the_schema_has_the_keys_that_are_read() -> None:
    """An editor completes what the reader accepts, and nothing else."""
    assert {key.name for key in schema.ASSIGNMENT} == set(fields.ASSIGNMENT)
    assert set(schema.LIMITS) == set(fields.LIMITS)
    assert set(schema.LATE) == set(fields.LATE)
    assert set(schema.CHECK) == set(fields.CHECK)
    assert {system: set(keys) for system, keys in schema.LMS.items()} == {
        system: set(keys) for system, keys in fields.LMS.items()
    }
    assert set(schema.QUESTION) == set(fields.MANUAL)


def test_every_example_of_the_schema_is_valid() -> None:
    """The examples of the reference page pass the schema that editors use."""
    import yaml

    document = json.loads(schema.document())
    jsonschema.Draft202012Validator.check_schema(document)
    assignment: dict[str, object] = {}
    for key in schema.ASSIGNMENT:
        assignment |= yaml.safe_load(key.example)
    assignment = {key: str(value) if key in ("due", "opens", "closes") else value
                  for key, value in assignment.items()}  # fmt: skip
    jsonschema.validate({"title": "A course", "assignments": [assignment]}, document)


REFUSED = (
    "deu: 2026-12-01", "due: 2026-13-41 23:59", "due: 12/01/2026", "opens: 1. Dezember 2026",
    "grace: fifteen minutes", "grace: 15", "hold_off: 5 parsecs", "late: 10", "late: {}",
    "late: {per_day: 110}", "late: {per_week: 10}", "late: {at_most: 50}", "late: {steps: []}",
    "late: {per_day: 10, steps: [{after: 0 min, lose: 10}]}", 'points: "50"', "points: 0",
    "attempts: first", "imports: [scipy.optimize]", "imports: scipy", "limits: {memory_mb: 1.5}",
    "checks: {test_a: {skip: x, full: y}}", "checks: {test_a: {}}", "files: [model.txt]", "files: []",
    "writes: yes", "manual: [{id: A B, title: x, points: 1}]", "manual: [{id: a, title: x}]",
    "lms: {canvas: {cours: 12}}", "lms: {moodle: {id: 3}}", "speed: {f: {ratio: 100}}",
)  # fmt: skip
ACCEPTED = (
    "due: 2026-12-01", "due: 2026-12-01T23:59+01:00", "due: 2026-12-01 23:59:00 Z", "grace: 1.5 h",
    "grace: 2 h 30 min", "hold_off: 0 s", "late: {marked: 10}", "late: {cut_off: 7 days}",
    "late: {steps: [{after: 0 min, lose: 10}]}", "checks: {test_a: {skip: x}, test_b: {full: y}}",
    "imports: [scipy, sklearn]", "lms: {canvas: {course: 12, assignment: '034'}}",
)  # fmt: skip


@pytest.mark.parametrize(
    ("line", "good"), [*((each, False) for each in REFUSED), *((each, True) for each in ACCEPTED)]
)
def test_the_schema_and_the_reader_agree(line: str, good: bool, tmp_path: Path) -> None:
    """An editor underlines what the reader refuses, and nothing that it accepts."""
    import yaml

    for part in ("reference/work", "tests/hidden/work"):
        (tmp_path / part).mkdir(parents=True)
    (tmp_path / "reference/work/solution.py").write_text("def f(): pass\n")
    entry = f"title: T\ntimezone: Europe/Berlin\nassignments:\n  - name: work\n    title: W\n    {line}\n"
    (tmp_path / "assignments.yaml").write_text(entry)
    texts = yaml.load(entry, yaml.BaseLoader)  # noqa: S506  # text only: dates stay text, as in YAML 1.2
    values = yaml.safe_load(entry.replace("yes", '"yes"'))
    key = line.partition(":")[0]
    if key in ("due", "opens"):
        values["assignments"][0][key] = texts["assignments"][0][key]
    valid = jsonschema.Draft202012Validator(json.loads(schema.document())).is_valid(values)
    try:
        catalog.load(tmp_path)
        read = True
    except catalog.CatalogError:
        read = False
    assert (good, good) == (valid, read)


def test_the_choices_are_those_of_the_rooms() -> None:
    """The words that the command line accepts are those that the rooms know."""
    from grader import inbox, lms
    from grader.lms.exports import feedback
    from grader.lms.jobs import bundle

    assert choices.EXPORTS == (*lms.EXPORTS, "feedback")
    assert choices.FEEDBACK == tuple(feedback.TARGETS)
    assert choices.JOBS == tuple(lms.JOBS)
    assert choices.BUNDLES == (*bundle.FORMATS, "worker")
    assert choices.KINDS == inbox.KINDS


@pytest.mark.parametrize("shell", choices.SHELLS)
def test_completion_knows_commands_and_choices(
    shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The script that the shell evaluates names commands, options and choices."""
    assert cli.main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "autograde" in script
    assert "gradescope-csv" in script
    assert "classroom50" in script
    assert "assignment" in script


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["ada"], "write STUDENT=FILE"),
        (["ada="], "write STUDENT=FILE"),
        (["=x.py"], "write STUDENT=FILE"),
        (["ada=x.py", "ada=y.py"], "choose one file, x.py or y.py"),
    ],
)
def test_a_choice_names_a_student_and_one_file(
    given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be meant is refused before anything is read."""
    assert {"ada": "x=1.py"} == grade._choices(["ada=x=1.py", "ada=x=1.py"])
    with pytest.raises(SystemExit):
        grade._choices(given)
    assert said in capsys.readouterr().err

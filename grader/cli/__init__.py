"""The command line: the only package that prints, prompts or exits.

    grader grade inbox/ --assignment two_layer_network --out results/
    grader --help

Exit status: 0 if graded, whatever the scores; 2 for wrong usage or input, with one line; 3 if
something could not be graded. Each command imports its modules when it runs, so that ``--help`` is
fast.
"""

from __future__ import annotations

import argparse
import gc
import io
import itertools
import os
import re
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from grader import __version__
from grader.cli.commands import GROUPS, Command
from grader.cli.output import OK, USAGE, is_for_users, line_of, stop
from grader.cli.wording import COMPLETION, EXAMPLES
from grader.sandbox import interpreter
from grader.sandbox.guest import startup
from grader.text import nearest

DECIMAL_COMMA: Final = re.compile(r"(-\d+),(\d+)")


class _Parser(argparse.ArgumentParser):
    def parse_known_args(  # type: ignore[override]  # narrower than argparse's overloads
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Refuse a misspelt option with a suggestion, before missing arguments are reported."""
        if self._subparsers is None:
            for word in itertools.takewhile(lambda each: each != "--", args or ()):
                self._check_word(word)
        return super().parse_known_args(args, namespace)

    def _check_word(self, word: str) -> None:
        if match := DECIMAL_COMMA.fullmatch(word):
            self.error(f"{word} is not a number; write {match[1]}.{match[2]}")
        name, known = word.partition("=")[0], list(self._option_string_actions)
        if name.startswith("--") and not any(each.startswith(name) for each in known):
            near = nearest(name, known)
            self.error(f"unknown option {name}" + (f"; did you mean {near}?" if near else ""))

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """Refuse a value that is not among an argument's choices, with a suggestion."""
        if action.choices is None or value in action.choices:
            return
        words = [str(each) for each in action.choices]
        name = action.option_strings[-1] if action.option_strings else action.metavar
        near = nearest(str(value), words)
        instead = f"did you mean {near}?" if near else f"choose one of: {', '.join(words)}"
        self.error(f"unknown {name or action.dest} {str(value)!r}; {instead}")

    def error(self, message: str) -> NoReturn:
        plain = message.replace("the following arguments are required:", "missing:")
        stop(f"{plain} (see '{self.prog} --help')")


class _Help(argparse.RawDescriptionHelpFormatter):
    """Shows the default of each option that has one, and keeps the lines of the examples."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        text = action.help or ""
        silent = action.default in (None, argparse.SUPPRESS, False) or action.default == []
        if silent or not action.option_strings or "default" in text:
            return text
        return f"{text} (default: %(default)s)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status."""
    gc.set_threshold(startup.COLLECT_AFTER)
    interpreter.shut_out_surroundings()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # on a terminal without such a character, print ?
            stream.reconfigure(errors="replace")
    words = list(sys.argv[1:] if arguments is None else arguments)
    known = parser(only=next((word for word in words if not word.startswith("-")), ""))
    if not words:
        known.print_help()
        return USAGE
    _suggest(words[0])
    options = known.parse_args(words)
    try:
        return int(options.run(options))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of the output (head, less) has ended
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if is_for_users(error):
            stop(line_of(error))
        raise


def parser(only: str | None = None, listed_twice: bool = False) -> argparse.ArgumentParser:
    """Return the parser of the whole command line, from which the documentation is generated too.

    Args:
        only: The only command to add, because each costs time at every start; None for all.
        listed_twice: Whether argparse also lists the commands outside the groups of the help text,
            as generators of completion scripts need it.
    """
    made = _Parser(
        prog="grader", usage="grader COMMAND ...", formatter_class=_Help,
        description="Grade code that students write by hand. 'grader COMMAND --help' explains a command.",
    )  # fmt: skip
    made.add_argument("--version", action="version", version=f"grader {__version__}")
    commands = made.add_subparsers(
        prog="grader",
        metavar="COMMAND",
        required=True,
        help=None if listed_twice else argparse.SUPPRESS,
    )
    listed: list[str] = []
    for title, group in GROUPS.items():
        listed.append(f"\n{title}:")
        for command in group:
            listed.append(f"  {command.name:11} {command.purpose}")
            if only in (None, command.name):
                _add(commands, command)
    made.epilog = "\n".join([*listed, "", COMPLETION])
    made.set_defaults(commands=commands.choices)
    return made


def _add(commands: argparse._SubParsersAction[_Parser], command: Command) -> None:
    """Add the parser of a command."""
    text = command.purpose
    lines = [f"  {line}" for line in EXAMPLES.get(command.name, ())]
    added = commands.add_parser(
        command.name, help=text, description=f"{text[0].upper()}{text[1:]}.",
        epilog="\n".join(["examples:", *lines]), formatter_class=_Help,
    )  # fmt: skip
    added.set_defaults(run=command.run)
    command.options(added)


def _suggest(word: str) -> None:
    """Stop with a suggestion if the first word is not a command."""
    known = [command.name for group in GROUPS.values() for command in group]
    if word.startswith("-") or word in known:
        return
    near = nearest(word, known)
    hint = f"did you mean 'grader {near}'?" if near else "see 'grader --help'"
    stop(f"unknown command {word!r}; {hint}")

"""Commands for settings: config, completion."""

from __future__ import annotations

import argparse

from grader.cli.output import OK, here, say, stop


def config(options: argparse.Namespace) -> int:
    """Print each assignment's effective settings and their sources, or the JSON Schema."""
    from grader.course import effective, schema

    if options.schema:
        print(schema.document())
        return OK
    course = here()
    names = [options.name] if options.name else [each.name for each in course.assignments]
    for line in effective.lines(course, [course.assignment(name) for name in names]):
        say(line)
    return OK


def completion(options: argparse.Namespace) -> int:
    """Print the completion script of a shell."""
    from grader import cli

    try:
        import shtab
    except ModuleNotFoundError:
        stop("completion needs shtab: pip install shtab")
    print(shtab.complete(cli.parser(listed_twice=True), options.shell))
    return OK

"""Commands for LMSs: export, autograde, push, bundle."""

from __future__ import annotations

import argparse
import os
from collections.abc import Collection, Iterable

from grader.cli import choices
from grader.cli.mark import refuse_outstanding
from grader.cli.output import OK, USAGE, here, say, stop


def export(options: argparse.Namespace) -> int:
    """Fill in the instructor's gradebook file, or create a file for the system."""
    from grader import files, lms
    from grader.results import policy

    if options.format == "feedback":
        return _feedback(options)
    if options.system:
        stop("--for belongs to grader export feedback")
    found = policy.standings(here(), options.dir)
    if status := refuse_outstanding(found, options.partial):
        return status
    into = options.into.read_bytes() if options.into else None
    made = lms.export(options.format, found.grades, found.assignment, into, found.run.inbox)
    name = options.into.name if options.into else f"{found.assignment.name}-{options.format}.csv"
    out = options.out or options.dir / name
    if options.into and out.exists() and out.samefile(options.into):
        stop(f"{out} is the file to fill in; choose another --out")
    say(str(files.write(out, made.data)))
    if found.warning:
        say(f"  WARNING: {found.warning}")
    return _print_notes(made.notes, made.unmatched)


def _feedback(options: argparse.Namespace) -> int:
    """Write the students' pages in an LMS's format; nothing is sent."""
    from grader.lms.exports import feedback
    from grader.results import policy

    if not options.system:
        stop(f"add --for LMS; choose one of: {', '.join(choices.FEEDBACK)}")
    if options.into:
        stop("--into is for a gradebook; leave it out")
    found = policy.standings(here(), options.dir)
    if status := refuse_outstanding(found, options.partial):
        return status
    out = options.out or feedback.default_out(options.system, options.dir, found.assignment.name)
    done = feedback.export(options.system, found, out)
    say(f"feedback for {done.count} {'student' if done.count == 1 else 'students'} in {out}")
    say(f"next: {done.next_step}")
    for student in done.unmatched:
        say(f"  no place for the feedback of {student}")
    return USAGE if done.unmatched else OK


def autograde(options: argparse.Namespace) -> int:
    """Grade one submission and write the result for the system."""
    from grader.lms.jobs import autograde as job

    return job.main(
        options.lms,
        options.assignment,
        course=options.course,
        submission=options.submission,
        seed=options.seed,
        staff_log=options.staff_log,
    )


def push(options: argparse.Namespace) -> int:
    """Send a run's grades to Canvas, or print what would be sent."""
    from grader.lms import canvas_api as canvas
    from grader.results import policy

    found = policy.standings(here(), options.dir)
    if status := refuse_outstanding(found, options.partial):
        return status
    nowhere = canvas.Target("", "", "", "")
    place = found.assignment.lms.get("canvas", {})
    done = canvas.canvas(
        canvas.target(found.assignment, os.environ) if options.send else nowhere,
        found.grades,
        journal=options.dir / "push-canvas.json",
        inbox=found.run.inbox,
        send=options.send,
        comments=not options.no_comments,
    )
    if found.warning:
        say(f"  WARNING: {found.warning}")
    count = f"{len(done.posts)} {'grade' if len(done.posts) == 1 else 'grades'}"
    say(f"{count} {'posted' if done.sent else 'would be posted: add --send'}")
    for post in () if done.sent else done.posts:
        say(f"  {post.student}: {'excused' if post.excuse else post.score}")
    if not done.sent and not (place.get("course") and place.get("assignment")):
        say(f"  before --send, {canvas.WHERE}")
    if done.unchanged:
        say(f"{done.unchanged} are there already")
    return _print_notes(done.notes, done.unmatched)


def _print_notes(notes: Iterable[str], unmatched: Collection[str]) -> int:
    """Print notes about exported grades; return the exit status."""
    for note in notes:
        say(f"  note: {note}")
    for student in unmatched:
        say(f"  no place for the grade of {student}")
    return USAGE if unmatched else OK


def bundle(options: argparse.Namespace) -> int:
    """Build a bundle for upload or commit."""
    from grader.lms.jobs import bundle as bundles
    from grader.lms.jobs import proof

    path = bundles.build(here(), options.name, options.format, options.out)
    try:
        proof.prove(path, options.name)
    except proof.BundleError:
        path.unlink()
        raise
    say(str(path))
    return OK

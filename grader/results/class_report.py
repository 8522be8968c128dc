"""Render the class on one page for staff: scores, clusters of mistakes, checks, students.

    class_report.render(run, assignment, grades, {"ada": "feedback/ada.html"}) -> bytes

Data that readers sort and filter is stored once, as JSON in columns (with a letter per student and
check). The page's script builds the rows, a hundred at a time, so that 5,000 students open at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct, field

from grader import timestamps as times
from grader.course.assignment import Assignment
from grader.model import Grade, Outcome
from grader.results import class_figures as statistics
from grader.results import page, wording
from grader.results.clusters import Cluster, Clusters, Repair, clusters
from grader.results.policy import duration
from grader.results.store import Run
from grader.text import visible_line

LISTED: Final = 25
"""Number of submissions in a list of special ones; a filter shows all of them."""
SLOWEST: Final = 10
MOST_CLUSTERS: Final = 40
"""Number of clusters that are written out; the list of students shows the others."""


class Material(Struct, frozen=True):
    """The content of the report besides the grades, all of it for staff."""

    excerpts: Mapping[str, str] = field(default_factory=dict)
    """A student's function for each cluster, by the cluster's key."""
    sections: Mapping[str, str] = field(default_factory=dict)
    """The exercise's heading that introduces each function, by function."""
    repairs: Sequence[Repair] = ()
    folder: str = ""
    """The folder of the results, for the command that names a mistake."""


class Listed(Struct, frozen=True):
    """A submission in a list of special ones."""

    name: str
    id: str
    href: str
    score: float | None
    detail: str
    excused: bool = False


class Special(Struct, frozen=True):
    """Submissions that need attention for the same reason."""

    key: str
    title: str
    what: str
    count: int
    listed: tuple[Listed, ...]


class ShownCluster(Struct, frozen=True):
    """A cluster as shown in the report."""

    cluster: Cluster
    people: tuple[Listed, ...]
    excerpt: str
    section: str


def render(
    run: Run,
    assignment: Assignment,
    grades: Sequence[Grade],
    links: Mapping[str, str],
    material: Material | None = None,
) -> bytes:
    """Return the report as HTML.

    Args:
        run: The run: seed, sandbox, versions.
        assignment: The assignment: title and due date.
        grades: The grade that counts for each student.
        links: The path of each student's page, relative to this one.
        material: Excerpts, headings and repaired mistakes; None for nothing.
    """
    noted = [statistics.notes(assignment, grade) for grade in grades]
    found = clusters(grades)
    figures = statistics.checks(grades)
    known = material or Material()
    return page.render(
        "class_report.html",
        styles=("page.css", "class_report.css"),
        code="class_report.js",
        run=run,
        assignment=assignment,
        count=len(grades),
        scores=statistics.scores(grades),
        bars=_bars(statistics.histogram(grades, run.max_score)),
        most=run.max_score,
        checks=figures,
        unfair=[figure for figure in figures if figure.flags],
        few=sum(map(statistics.has_run, grades)) < statistics.ENOUGH,
        enough=statistics.ENOUGH,
        clusters=found.clusters,
        shown=_shown(found, grades, links, known),
        unexplained=[_listed(grades[row], links, "") for row in found.unexplained],
        unexplained_points=found.unexplained_points,
        repairs=_repairs(known.repairs, grades),
        command=f"grader new-mistake {known.folder or 'DIR'}",
        unknown=sum(grade.status == "error" for grade in grades),
        left_out=sum("blank" in each for each in noted),
        late=sum("late" in each for each in noted),
        specials=_specials(assignment, grades, noted, links),
        slowest=_slowest(grades, links),
        labels=statistics.NOTES,
        data=page.embedded(_data(assignment, grades, noted, found, figures, links)),
    )


def letter(outcome: Outcome | None) -> str:
    """Encode a verdict for the page's script: P, W, E, the tenths of the points, or - for none.

    >>> letter(Outcome("a", "a", "failed", 4.0, 5.0))
    '8'
    """
    if outcome is None:
        return "-"
    if outcome.status != "failed":
        return {"passed": "P", "waiting": "W", "manual": "W"}.get(outcome.status, "E")
    if outcome.points <= 0 or outcome.max_points <= 0:
        return "0"
    return str(min(9, max(1, round(10 * outcome.points / outcome.max_points))))


def display_name(grade: Grade) -> str:
    """Return the name by which staff know the student."""
    return visible_line(grade.submission.name or grade.submission.student, 80)


def _data(
    assignment: Assignment,
    grades: Sequence[Grade],
    noted: Sequence[Sequence[str]],
    found: Clusters,
    figures: Sequence[statistics.CheckFigures],
    links: Mapping[str, str],
) -> dict[str, Any]:
    """Return the class in columns, the input of class_report.js."""
    made: list[list[int]] = [[] for _ in grades]
    for number, cluster in enumerate(found.clusters):
        for row in cluster.rows:
            made[row].append(number)
    for row in found.unexplained:
        made[row].append(len(found.clusters))
    keys = list(statistics.NOTES)
    zone = assignment.due.tzinfo if assignment.due else None
    return {
        "checks": [visible_line(figure.title) for figure in figures],
        "mistakes": [*(cluster.label for cluster in found.clusters), wording.NOT_EXPLAINED],
        "notes": list(statistics.NOTES.values()),
        "keys": keys,
        "name": [display_name(grade) for grade in grades],
        "more": [_known(g, g.submission.student, g.submission.group) for g in grades],
        "also": [_known(g, g.submission.sid, g.submission.email) for g in grades],
        "href": [links.get(grade.submission.student, "") for grade in grades],
        "score": [grade.final for grade in grades],
        "plain": [None if grade.score == grade.final else grade.score for grade in grades],
        "seconds": [round(grade.seconds, 2) for grade in grades],
        "at": [page.time(grade.submission.submitted_at, zone) for grade in grades],
        "when": [round(times.seconds(grade.submission.submitted_at)) for grade in grades],
        "verdicts": "".join(_letters(grade, figures) for grade in grades),
        "noted": [[keys.index(key) for key in each] for each in noted],
        "made": made,
    }


def _letters(grade: Grade, figures: Sequence[statistics.CheckFigures]) -> str:
    ran = grade.outcomes if statistics.has_run(grade) else ()
    by_id = {outcome.id: outcome for outcome in ran}
    return "".join(letter(by_id.get(figure.id)) for figure in figures)


def _known(grade: Grade, *values: str) -> str:
    """Return a student's other names and ids, without the name shown above."""
    names = dict.fromkeys(visible_line(text, 80) for text in values if text)
    names.pop(display_name(grade), None)
    return " · ".join(names)


def _bars(bins: Sequence[tuple[float, float, int]]) -> list[dict[str, float]]:
    """Return the histogram in percent of the plot's width and height."""
    highest = max(count for _, _, count in bins) or 1
    width = 100 / len(bins)
    return [
        {
            "low": low,
            "high": high,
            "count": count,
            "x": round(place * width, 3),
            "width": round(width, 3),
            "height": round(100 * count / highest, 2),
        }
        for place, (low, high, count) in enumerate(bins)
    ]


def _specials(
    assignment: Assignment,
    grades: Sequence[Grade],
    noted: Sequence[Sequence[str]],
    links: Mapping[str, str],
) -> list[Special]:
    found = []
    for key, title in statistics.NOTES.items():
        having = [grade for grade, each in zip(grades, noted, strict=True) if key in each]
        if key == "late":
            having.sort(key=lambda grade: statistics.late_by(assignment, grade), reverse=True)
        if having:
            listed = tuple(_listed(g, links, _detail(key, assignment, g)) for g in having[:LISTED])
            found.append(Special(key, title, wording.NOTED[key], len(having), listed))
    return found


def _slowest(grades: Sequence[Grade], links: Mapping[str, str]) -> list[Listed]:
    order = sorted(grades, key=lambda grade: -grade.seconds)[:SLOWEST]
    return [_listed(grade, links, f"{page.number(grade.seconds)} s") for grade in order]


def _listed(grade: Grade, links: Mapping[str, str], detail: str) -> Listed:
    href = links.get(grade.submission.student, "")
    shown = visible_line(detail, 300)
    name, known = display_name(grade), visible_line(grade.submission.student, 80)
    return Listed(name, "" if name == known else known, href, grade.final, shown, grade.excused)


def _shown(
    found: Clusters, grades: Sequence[Grade], links: Mapping[str, str], material: Material
) -> list[ShownCluster]:
    return [
        ShownCluster(
            cluster,
            tuple(_listed(grades[row], links, "") for row in cluster.rows[:LISTED]),
            material.excerpts.get(cluster.key, ""),
            material.sections.get(cluster.function, ""),
        )
        for cluster in found.clusters[:MOST_CLUSTERS]
    ]


def _repairs(found: Sequence[Repair], grades: Sequence[Grade]) -> list[dict[str, str | list[str]]]:
    """Return for each mistake who repaired it and who still makes it, with names and ids."""
    names = {grade.submission.student: _person(grade) for grade in grades}

    def people(students: Sequence[str]) -> list[str]:
        return [names.get(student, visible_line(student, 80)) for student in students]

    return [
        {
            "sentence": visible_line(each.sentence, 200),
            "repaired": people(each.repaired),
            "remaining": people(each.remaining),
            "returned": people(each.returned),
        }
        for each in found[:MOST_CLUSTERS]
    ]


def _person(grade: Grade) -> str:
    """Return a student's name and id."""
    name, known = display_name(grade), visible_line(grade.submission.student, 80)
    return name if name == known else f"{name} ({known})"


def _detail(key: str, assignment: Assignment, grade: Grade) -> str:
    """Return the detail of a submission that matters most in the list of ``key``."""
    if key == "late":
        cost = f", {grade.standing.penalty:g} % off" if grade.standing else ""
        return duration(statistics.late_by(assignment, grade)) + cost
    if key in ("excused", "extended", "by-hand") and grade.standing is not None:
        return "; ".join([*grade.standing.lines, *grade.standing.instructor.values()])
    if key == "blank":
        return grade.message or next((o.message for o in grade.outcomes), "")
    telling = [o for o in grade.outcomes if key in statistics.signs(o)]
    if not telling:
        return grade.message
    trace = str(telling[0].instructor.get("traceback", "")).strip().rpartition("\n")[2]
    checks = page.plural(len(telling), "check")
    said = "" if key == "error" else telling[0].message
    return f"{checks}: " + " — ".join(filter(None, [said, trace]))

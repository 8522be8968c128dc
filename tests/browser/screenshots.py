"""The pictures of the pages in docs/images, taken of a drawn class.

python tests/browser/screenshots.py docs/images
"""

import io
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import classes
from PIL import Image
from playwright.sync_api import sync_playwright
from test_pages import CHROMIUM, QUIET

from grader.results import class_report, feedback

WIDTH, HEIGHT, GAP = 1100, 1300, 20


def main(folder):
    run, assignment, grades = classes.drawn(180, hostile=False)
    shown = example(grades[0])
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce"
        )
        path = Path(made, "page.html")

        path.write_bytes(feedback.render(run, assignment, shown))
        page.goto(path.as_uri())
        page.locator("details.more summary").first.click()
        save([page.screenshot()], folder / "feedback.png")

        links = {grade.submission.student: "page.html" for grade in grades}
        path.write_bytes(class_report.render(run, assignment, grades, links))
        page.goto(path.as_uri())
        top = page.screenshot()
        page.locator("#list th[data-key=score] button").click()
        page.locator("section:has(#students)").evaluate("e => scrollTo(0, e.offsetTop - 20)")
        save([top, page.screenshot()], folder / "class-report.png")
        browser.close()


def example(grade):
    """A page that shows much: one mistake in three checks, two of them right in part."""
    wrong = {"z2": 0.0, "a1": 0.8, "z1": 0.8}
    outcomes = [
        replace(o, status="passed", points=o.max_points, message="") for o in grade.outcomes
    ]
    for place, outcome in enumerate(outcomes):
        array = outcome.id.partition("[")[2].rstrip("]")
        if array in wrong:
            given = (
                f"; right, given your own {'a1' if array == 'z1' else 'z2'}" if wrong[array] else ""
            )
            outcomes[place] = replace(
                outcome,
                status="failed",
                points=wrong[array] * outcome.max_points,
                message=f"{array}: right shape, wrong values (worst entry off by 0.42){given}",
                hint=classes.HINTS["sum-not-mean"].question,
                more=classes.HINTS["sum-not-mean"].more,
                mistake="sum-not-mean",
            )
    return replace(grade, outcomes=tuple(outcomes))


def save(shots, path):
    """Put screenshots side by side, in as many colours as they need."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    whole = Image.new("RGB", (len(images) * (WIDTH + GAP) - GAP, HEIGHT), "#d5d7da")
    for place, image in enumerate(images):
        whole.paste(image, (place * (WIDTH + GAP), 0))
    whole.quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

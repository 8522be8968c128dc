"""The pictures of the pages in docs/images, taken of a drawn class.

python tests/browser/screenshots.py docs/images
"""

import io
import sys
import tempfile
from pathlib import Path

import classes
from PIL import Image
from playwright.sync_api import sync_playwright
from test_pages import CHROMIUM, QUIET

from grader.report import class_report, feedback

WIDTH, HEIGHT, GAP = 940, 1300, 20


def main(folder):
    run, assignment, grades = classes.drawn(180, hostile=False)
    shown = max(grades[20:120], key=lambda g: len({o.mistake for o in g.outcomes if o.points}))
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, reduced_motion="reduce")
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


def save(shots, path):
    """Put screenshots side by side, in as many colours as they need."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    whole = Image.new("RGB", (len(images) * (WIDTH + GAP) - GAP, HEIGHT), "#d5d7da")
    for place, image in enumerate(images):
        whole.paste(image, (place * (WIDTH + GAP), 0))
    whole.quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Make the screenshots in docs/images again, from the results of ``make demo``.

make screenshots        # grades the example class, then takes the pictures

python tests/browser/screenshots.py results/demo docs/images
"""

import io
import sys
from pathlib import Path

from chromium import started
from PIL import Image

STUDENT = "kurt"
"""One mistake with a name, an example and a picture."""
WIDTH, HEIGHT, GAP = 1100, 1300, 20


def main(results, folder):
    """Take a student's page, and two places of the class report side by side."""
    with started() as browser:
        screen = {"width": WIDTH, "height": HEIGHT}
        page = browser.new_page(viewport=screen, reduced_motion="reduce")
        page.goto((results / "feedback" / f"{STUDENT}.html").resolve().as_uri())
        save([page.screenshot()], folder / "feedback.png")
        page.goto((results / "report.html").resolve().as_uri())
        top = page.screenshot()
        page.locator("section:has(#students)").evaluate("e => scrollTo(0, e.offsetTop - 20)")
        save([top, page.screenshot()], folder / "class-report.png")


def save(shots, path):
    """Put screenshots side by side, in as many colours as they need."""
    images = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    whole = Image.new("RGB", (len(images) * (WIDTH + GAP) - GAP, HEIGHT), "#d5d7da")
    for place, image in enumerate(images):
        whole.paste(image, (place * (WIDTH + GAP), 0))
    whole.quantize(192, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

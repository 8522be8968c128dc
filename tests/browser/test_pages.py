"""The pages in a real Chromium: what is shown, sorted, filtered, opened; nothing is asked for.

    npm --prefix tests/browser install      # axe-core, for the checks of accessibility
    pytest tests/browser

They drive the Chromium that is installed ($CHROMIUM, or chromium on the PATH) by Playwright, which
brings none of its own here. Without Chromium or axe-core the tests that need them are skipped and
say so.
"""

import functools
import http.server
import re
import threading
import time
from pathlib import Path

import classes
import pytest
from card_samples import GRADE
from chromium import expect, started
from msgspec.structs import replace

from grader.model import Grade, Outcome, Submission
from grader.results import class_figures as statistics
from grader.results import class_report, feedback, wording
from grader.results.clusters import clusters

AXE = Path(__file__).with_name("node_modules") / "axe-core" / "axe.min.js"
DESK, PHONE = 1100, 360
SCREENS = [("light", DESK), ("dark", PHONE)]
STUDENTS = 150


@pytest.fixture(scope="module")
def chromium():
    with started() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder of results: the report, and a page for each student."""
    run, assignment, grades = classes.drawn(STUDENTS)
    return written(tmp_path_factory.mktemp("site"), run, assignment, grades)


@pytest.fixture(scope="module")
def grades():
    return classes.drawn(STUDENTS)[2]


@pytest.fixture
def visit(chromium):
    """Open a file; whatever is asked of a network or said on the console afterwards is an error."""
    opened = []

    def go(where, scheme="light", width=1100, height=900):
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(8000)
        page.noise = []
        page.on("console", lambda message: page.noise.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: page.noise.append(f"error: {error}"))
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(where if isinstance(where, str) else where.as_uri())
        opened.append((context, page))
        return page

    yield go
    for context, page in opened:
        noise = page.noise
        context.close()
        assert noise == []


def written(folder, run, assignment, grades):
    links = {}
    (folder / "feedback").mkdir()
    for grade in grades:
        name = feedback.file_name(grade.submission.student)
        links[grade.submission.student] = f"feedback/{name}"
        if len(links) <= STUDENTS:
            (folder / "feedback" / name).write_bytes(feedback.render(run, assignment, grade))
    (folder / "report.html").write_bytes(class_report.render(run, assignment, grades, links))
    return folder


def page_of(tmp_path, grade):
    path = tmp_path / "page.html"
    path.write_bytes(feedback.render(classes.RUN, classes.ASSIGNMENT, grade))
    return path


def carded():
    """A grade with a card that has everything: example, picture, hints, consequences."""
    return replace(GRADE, submission=replace(GRADE.submission, name="Ada Lovelace"))


def some_grade(grades, wanted):
    return next(grade for grade in grades if wanted(grade))


def has_partial(grade):
    return any(0 < o.points < o.max_points and o.more for o in grade.outcomes)


def not_judged(grade):
    return grade.score is None


def names(page):
    return page.locator("#list tbody th > a, #list tbody th > bdi").all_inner_texts()


def column(page, number):
    return page.locator(f"#list tbody td:nth-child({number})").all_inner_texts()


def found(page):
    return page.locator("#found").inner_text()


# --- both pages -------------------------------------------------------------------------------


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_pages_ask_for_nothing_and_fit_the_screen(visit, site, scheme, width):
    """One request, the page itself; no console message; nothing wider than the screen."""
    one = sorted((site / "feedback").iterdir())[20]
    for path in (site / "report.html", one):
        page = visit(path, scheme, width)
        assert page.asked == [path.as_uri()]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_pages_ask_for_nothing_when_served(visit, site):
    """Not even for an icon."""
    handler = functools.partial(Silent, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        where = f"http://127.0.0.1:{server.server_port}/report.html"
        page = visit(where)
        page.wait_for_timeout(300)
        server.shutdown()
    assert page.asked == [where]
    assert Silent.seen == ["/report.html"]


class Silent(http.server.SimpleHTTPRequestHandler):
    seen = []  # noqa: RUF012  # what was asked, over all connections

    def log_message(self, *message):
        self.seen.append(self.path)


@pytest.mark.parametrize(("scheme", "width"), SCREENS)
def test_accessibility(visit, site, tmp_path, grades, scheme, width):
    """axe-core finds nothing serious or critical, every disclosure open."""
    if not AXE.exists():
        pytest.skip("no axe-core: run npm --prefix tests/browser install")
    pages = [site / "report.html"]
    shown = [some_grade(grades, wanted) for wanted in (has_partial, not_judged)]
    for number, grade in enumerate([*shown, carded()]):
        (tmp_path / str(number)).mkdir()
        pages.append(page_of(tmp_path / str(number), grade))
    for path in pages:
        page = visit(path, scheme, width)
        if page.locator("#filter").count():
            page.fill("[name=text]", "hopper")
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        violations = page.evaluate("axe.run().then(result => result.violations)")
        grave = [v for v in violations if v["impact"] in ("serious", "critical")]
        assert [(v["id"], v["nodes"][0]["html"]) for v in grave] == []


def test_names_chosen_to_do_harm_do_none(visit, site):
    """They stand there as text: in the list, among the special ones, on their own pages."""
    page = visit(site / "report.html")
    page.select_option("#pager select", "0")
    page.locator("details.special").evaluate_all("all => all.forEach(each => { each.open = true })")
    assert page.title() == "Two-layer network: class report"
    assert page.locator("img").count() == 0
    shown = names(page)
    assert '</script><script>document.title="owned"</script>' in shown
    assert any("gnp⟨U+202E⟩exe.sih␛[31m␇" in name for name in shown)
    page = visit(site / "feedback" / feedback.file_name(student_called(classes.HOSTILE[1])))
    assert page.locator("img").count() == 0
    assert page.locator(".who bdi").first.inner_text() == classes.HOSTILE[1]


def student_called(name):
    grades = classes.drawn(STUDENTS)[2]
    return some_grade(grades, lambda g: g.submission.name == name).submission.student


@pytest.mark.parametrize("policy", [True, False])
def test_the_policy_alone_keeps_markup_from_running(chromium, tmp_path, grades, policy):
    """Were escaping to fail, the policy would hold; without it the same markup does run."""
    grade = replace(grades[20], message="MARKER")
    path = page_of(tmp_path, grade)
    markup = (
        b"<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
    )
    data = path.read_bytes().replace(b"MARKER", markup)
    data = data if policy else re.sub(rb"<meta http-equiv[^>]*>", b"", data)
    path.write_bytes(data)
    page = chromium.new_page()
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    assert (page.title() == "owned") is not policy
    page.close()


# --- the feedback page ------------------------------------------------------------------------


def test_the_longer_hint_is_opened_by_keyboard(visit, tmp_path, grades):
    page = visit(page_of(tmp_path, some_grade(grades, has_partial)))
    longer = page.locator("details.more").first
    text = longer.locator("p")
    assert not text.is_visible()
    longer.locator("summary").focus()
    page.keyboard.press("Enter")
    assert text.is_visible()
    assert len(text.inner_text().split()) >= 80


def test_everything_is_printed(visit, tmp_path, grades):
    """On paper the longer hints stand open, and colours are those of paper."""
    page = visit(page_of(tmp_path, some_grade(grades, has_partial)), "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("details.more p").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf().startswith(b"%PDF")


def test_verdicts_do_not_hang_on_colour(visit, tmp_path, grades):
    """Each has its word and its sign."""
    page = visit(page_of(tmp_path, some_grade(grades, has_partial)))
    badges = page.locator(".checks .badge, .right .badge, .counts .badge").all()
    assert badges
    for badge in badges:
        assert re.sub(r"^\d+ ", "", badge.text_content().strip()) in wording.VERDICTS.values()
        assert badge.locator("use").get_attribute("href")[1:] in (
            "passed",
            "partial",
            "failed",
            "error",
        )


def test_what_could_not_be_judged_is_said_so(visit, tmp_path, grades):
    page = visit(page_of(tmp_path, some_grade(grades, not_judged)))
    assert page.locator(".total").inner_text() == "No score yet"
    assert "This is not your fault" in page.locator(".score").inner_text()
    assert page.locator("section:has(#error) .badge").first.text_content() == "not judged"


def test_the_picture_of_a_card_is_in_ink_that_can_be_read(visit, tmp_path):
    """By day, by night and on paper; it is wider than a phone and scrolls in its frame."""
    inks = []
    for number, (scheme, width) in enumerate([("light", DESK), ("dark", PHONE)]):
        (tmp_path / str(number)).mkdir()
        page = visit(page_of(tmp_path / str(number), carded()), scheme, width)
        drawn = page.locator("figure svg[role=img]")
        assert drawn.is_visible()
        inks.append(drawn.evaluate("e => getComputedStyle(e).fill"))
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.emulate_media(media="print", color_scheme="dark")
    inks.append(drawn.evaluate("e => getComputedStyle(e).fill"))
    assert len(set(inks)) == 3
    assert page.locator("figure .scroll").get_attribute("tabindex") == "0"


def test_a_card_is_read_and_opened_by_keyboard_alone(visit, tmp_path):
    """Tab leads to every disclosure in the order of the page; Enter opens it."""
    page = visit(page_of(tmp_path, carded()))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent").strip())
        if reached[-1].startswith("and 2 checks"):
            page.keyboard.press("Enter")
            break
    wanted = [wording.PICTURE, wording.MORE, wording.ANALOGUE]
    assert [text for text in reached if text in wanted] == wanted
    assert page.locator(".checks").first.is_visible()


# --- the class report -------------------------------------------------------------------------


def test_students_are_sorted(visit, site, grades):
    """The best first; the other way at a second press; who has no score is last in both."""
    page = visit(site / "report.html")
    page.select_option("#pager select", "0")
    scores = sorted((g.score for g in grades if g.score is not None), reverse=True)
    unknown = sum(g.score is None for g in grades)
    shown = [f"{score:.2f}".rstrip("0").rstrip(".") for score in scores]
    assert column(page, 2) == shown + ["none yet"] * unknown
    head = page.locator("#list th[data-key=score]")
    assert head.get_attribute("aria-sort") == "descending"
    head.locator("button").press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    assert column(page, 2) == shown[::-1] + ["none yet"] * unknown
    page.locator("#list th[data-key=seconds] button").click()
    seconds = [float(text) for text in column(page, 6)]
    assert seconds == sorted(seconds, reverse=True)
    assert head.get_attribute("aria-sort") is None


def test_checks_and_mistakes_are_sorted(visit, site, grades):
    page = visit(site / "report.html")
    table = page.locator("table.sortable").first
    table.get_by_role("button", name="Discrimination").click()
    values = table.locator("td:nth-child(4)").evaluate_all("all => all.map(e => +e.dataset.value)")
    assert values == sorted(values, reverse=True)
    table.get_by_role("button", name="Discrimination").click()
    assert "loss_from_logits" in table.locator("tbody th").first.inner_text()
    table.get_by_role("button", name="Check").click()
    titles = [text.split("\n")[0] for text in table.locator("tbody th").all_inner_texts()]
    assert titles == sorted(titles, key=str.lower)


def test_students_are_found_by_words(visit, site):
    page = visit(site / "report.html")
    page.fill("[name=text]", "100033 @EXAMPLE.org")
    assert found(page) == f"1 of {STUDENTS} students"
    assert len(names(page)) == 1
    page.fill("[name=text]", "nobody at all")
    assert page.locator("#page").inner_text() == "No student fits this filter."
    page.click("#filter button[type=reset]")
    expect(page.locator("#found")).to_have_text(f"All {STUDENTS} students")


def test_filters_agree_with_the_grades(visit, site, grades):
    """By check and verdict, mistake, note, and score."""
    page = visit(site / "report.html")
    page.select_option("#pager select", "0")
    place = next(i for i, check in enumerate(classes.CHECKS) if check["id"].endswith("[z1]"))
    ran = [grade for grade in grades if statistics.has_run(grade)]
    verdicts = [feedback.verdict(grade.outcomes[place]) for grade in ran]
    for verdict in ("passed", "partial", "failed", "error"):
        page.select_option("[name=check]", str(place))
        page.select_option("[name=verdict]", verdict)
        assert found(page) == f"{verdicts.count(verdict)} of {STUDENTS} students"
    page.click("#filter button[type=reset]")
    made = clusters(grades)
    page.select_option("[name=mistake]", "0")
    assert found(page) == f"{len(made.clusters[0].rows)} of {STUDENTS} students"
    page.select_option("[name=mistake]", label="not explained")
    assert found(page) == f"{len(made.unexplained)} of {STUDENTS} students"
    page.click("#filter button[type=reset]")
    late = [g for g in grades if "late" in statistics.notes(classes.ASSIGNMENT, g)]
    page.select_option("[name=note]", "late")
    assert len(names(page)) == len(late) > 0
    page.fill("[name=low]", "50")
    page.fill("[name=below]", "80")
    between = [g for g in late if g.score is not None and 50 <= g.score < 80]
    assert found(page) == f"{len(between)} of {STUDENTS} students"


def test_every_number_leads_to_its_students(visit, site, grades):
    """Bars, counts of checks, special ones."""
    page = visit(site / "report.html")
    bar = page.locator(".bars a").last
    count = int(bar.locator("text").text_content())
    bar.focus()
    page.keyboard.press("Enter")
    assert found(page) == f"{count} of {STUDENTS} students"
    link = page.locator("table.sortable").first.locator("a[data-filter]").last
    link.click()
    assert found(page) == f"{link.inner_text()} of {STUDENTS} students"
    page.locator("details.special a[data-filter]").first.click()
    unknown = sum(grade.score is None for grade in grades)
    assert found(page) == f"{unknown} of {STUDENTS} students"


def test_who_is_in_a_cluster(visit, site, grades):
    """Names with ids, each leading to a page; and the whole cluster among the students."""
    page = visit(site / "report.html")
    cluster = page.locator("article.cluster").first
    cluster.locator("summary", has_text="Who").press("Enter")
    found_there = clusters(grades).clusters[0]
    links = cluster.locator(".people li a")
    assert links.count() == min(class_report.LISTED, len(found_there.rows))
    assert (site / links.first.get_attribute("href")).exists()
    assert cluster.locator(".people li .id").count() == links.count()
    cluster.locator("a[data-filter]").press("Enter")
    assert found(page) == f"{len(found_there.rows)} of {STUDENTS} students"


def test_the_heat_map_is_read_and_opened_by_keyboard(visit, site, grades):
    page = visit(site / "report.html")
    page.locator("#map").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    said = page.locator("#reading").inner_text()
    second = names(page)[1]
    assert said == f"{second} · {classes.CHECKS[1]['title']}: passed"
    page.keyboard.press("Enter")
    page.wait_for_url("**/feedback/*.html")
    assert page.locator(".who bdi").first.inner_text() == second


def test_the_heat_map_has_the_colours_of_the_verdicts(visit, site, grades):
    """Seen by a pixel in the middle of a place, and by the mouse."""
    page = visit(site / "report.html")
    page.fill("[name=text]", "1000")  # few students: broad columns
    shown = names(page)
    by_name = {class_report.display_name(grade): grade for grade in grades}
    for place in (0, len(shown) // 2, len(shown) - 1):
        for check in range(0, len(classes.CHECKS), 5):
            verdict = feedback.verdict(by_name[shown[place]].outcomes[check])
            ran = statistics.has_run(by_name[shown[place]])
            colour = {"passed": "P", "partial": "5", "failed": "0", "error": "E"}[verdict]
            colour = colour if ran else "none"
            assert page.evaluate(PIXEL, [place, check, len(shown), f"--heat-{colour}"])
    width = page.locator("#map canvas").bounding_box()["width"]
    page.locator("#map canvas").hover(position={"x": width - 2, "y": 4})
    expect(page.locator("#reading")).to_contain_text(shown[-1])


PIXEL = """([place, check, count, name]) => {
  const canvas = document.querySelector("#map canvas"), ratio = devicePixelRatio;
  const x = (place + 0.5) * canvas.width / count - 1, y = (check + 0.5) * 20 * ratio;
  const copy = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  copy.drawImage(canvas, -Math.floor(x), -Math.floor(y));
  const [r, g, b] = copy.getImageData(0, 0, 1, 1).data;
  const hex = "#" + [r, g, b].map((v) => v.toString(16).padStart(2, "0")).join("");
  return hex === getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}"""


def test_pages_of_the_list(visit, site):
    page = visit(site / "report.html")
    assert len(names(page)) == 100
    assert page.locator("#page").inner_text() == f"1–100 of {STUDENTS}"
    page.get_by_role("button", name="Next").click()
    assert len(names(page)) == STUDENTS - 100
    assert page.get_by_role("button", name="Next").is_disabled()
    page.get_by_role("button", name="Previous").click()
    assert len(names(page)) == 100


@pytest.mark.parametrize("count", [0, 1, 3])
def test_the_smallest_classes(visit, tmp_path, count):
    """Nobody, one student, three; and one with no outcome at all."""
    run, assignment, grades = classes.drawn(count, hostile=False)
    bare = Grade(Submission("bare", "", error="two files"), 100.0, (), "two files")
    page = visit(
        written(tmp_path, run, assignment, [*grades, bare][: max(count, 0)]) / "report.html"
    )
    assert len(names(page)) == count


def test_a_check_that_some_have_not(visit, tmp_path):
    """A grade without a check that others have stands in the list all the same."""
    run, assignment, grades = classes.drawn(12, hostile=False)
    bare = Grade(Submission("bare", "", error="two files"), 100.0, (), "two files")
    extra = Outcome("test_new.py::test_new", "A new check", "passed", 1.0, 1.0, seconds=0.1)
    grades[0] = replace(grades[0], outcomes=(*grades[0].outcomes, extra))
    page = visit(written(tmp_path, run, assignment, [*grades, bare]) / "report.html")
    assert len(names(page)) == 13
    page.locator("#map").focus()
    page.keyboard.press("End")
    assert "nothing was run" in page.locator("#reading").inner_text()


def test_five_thousand_students_stay_usable(visit, tmp_path, record_property):
    """The page is below 1.5 MB, and opens, sorts and filters in less than a second.

    Measured: 0.91 MB; open in 0.3 s; sorted and filtered in 0.1 to 0.2 s. The limits below are for
    machines that have other things to do.
    """
    path = written(tmp_path, *classes.drawn(5000)) / "report.html"
    page = visit(path)
    opened = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd / 1000")
    times = {"size (MB)": path.stat().st_size / 1e6, "open": opened}
    for name, action in {
        "sort": lambda: page.locator("#list th[data-key=name] button").click(),
        "find": lambda: page.fill("[name=text]", "hopper"),
        "check": lambda: page.select_option("[name=check]", "5"),
        "all rows": lambda: page.select_option("#pager select", "500"),
    }.items():
        started = time.perf_counter()
        action()
        page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        times[name] = time.perf_counter() - started
    print({name: round(value, 3) for name, value in times.items()})
    for name, value in times.items():
        record_property(name, round(value, 3))
    assert times.pop("size (MB)") < 1.5
    assert times.pop("open") < 5
    assert max(times.values()) < 3

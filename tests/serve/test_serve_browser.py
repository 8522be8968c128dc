"""The pages of the service in a real Chromium: a class through a deadline, axe, phone, keyboard.

npm --prefix tests/browser install      # axe-core, for the checks of accessibility
"""

import asyncio
import csv
import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from chromium import CHROMIUM, QUIET
from served import NAME, RIGHT, WRONG, Service, make_course, open_folder, set_dates, until

from grader.serve import pages

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (.[dev])")
async_api = pytest.importorskip("playwright.async_api")
AXE = Path(__file__).parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
CLASS = [f"s{number:02}" for number in range(30)]
AT_ONCE = 6
SCREENS = (("light", 1100), ("dark", 360))
STEP = 60_000  # milliseconds that a slow machine may need for one step
FILE = f"{NAME}.py"


@pytest.fixture(scope="module")
def service():
    if CHROMIUM is None:
        pytest.skip("no Chromium: install it, or set CHROMIUM to its path")
    with open_folder() as folder:
        course = make_course(folder, "late: {per_day: 50}")
        people = dict.fromkeys([*CLASS, "ada"], "student") | {"boss": "instructor"}
        running = Service(folder, course, people=people).start()
        yield running
        running.stop()


def is_feedback(response):
    """Return whether a feedback page is there; Playwright sees nothing else of it in its sandbox."""
    return "/s/" in response.url and response.status == 200


# --- a class of 30 through a deadline -----------------------------------------------------------


class Person:
    """Somebody in a browser of their own; complaints of the browser are collected."""

    def __init__(self, context, noise):
        self.context, self.noise, self.page = context, noise, None

    @classmethod
    async def signed_in(cls, browser, service, who, noise):
        self = cls(await browser.new_context(base_url=service.origin), noise)
        await self.open(service.links[who])
        await self.page.get_by_role("button", name="Sign in as").click()
        await self.page.wait_for_url(f"{service.origin}/")
        return self

    async def open(self, path):
        if self.page is None:
            self.page = await self.context.new_page()
            self.page.set_default_timeout(STEP)
            self.page.on("console", lambda message: self.noise.append(message.text))
            self.page.on("pageerror", lambda error: self.noise.append(str(error)))
        await self.page.goto(path)

    async def submit(self, source):
        """Choose a file, press the button, and wait for the feedback."""
        await self.open(f"/a/{NAME}")
        file = {"name": FILE, "mimeType": "text/x-python", "buffer": source}
        await self.page.get_by_label("Your file").set_input_files(file)
        async with self.page.expect_response(is_feedback) as shown:
            await self.page.get_by_role("button", name="Submit").click()
        assert "Back to the assignment" in await (await shown.value).text()

    async def choose(self, section, student, **fields):
        """Fill in a form of the staff page and send it."""
        form = self.page.locator(f"section[aria-labelledby={section}]")
        if student:
            await form.get_by_label("Student").select_option(student)
        for label, value in fields.items():
            await form.get_by_label(label.replace("_", " ")).fill(value)
        await form.get_by_role("button").click()


async def all_of(people, act):
    """Let everybody act, a few at once."""
    room = asyncio.Semaphore(AT_ONCE)

    async def one(who):
        async with room:
            return await act(who)

    return dict(zip(people, await asyncio.gather(*map(one, people)), strict=True))


async def through_a_deadline(service, noise):
    async with async_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        boss = await Person.signed_in(browser, service, "boss", noise)
        await boss.open(f"/staff/{NAME}")

        async def first(who):
            person = await Person.signed_in(browser, service, who, noise)
            await person.submit(WRONG if who in CLASS[:10] else RIGHT)
            return person

        people = await all_of(CLASS, first)
        await all_of(CLASS[:5], lambda who: people[who].submit(RIGHT))
        await live(boss)
        await deadline(service, people["s03"], people["s04"])
        await staff(service, boss)
        await people["s03"].submit(RIGHT + b"# in time, with an extension")
        await people["s05"].open(f"/a/{NAME}")
        assert "a good talk" in await people["s05"].page.inner_text("main")
        await browser.close()


async def live(boss):
    """The page that has been open all the time shows everybody's score."""
    rows = boss.page.locator("#rows tr")
    assert await rows.count() == len(CLASS) + 1
    await async_api.expect(rows.filter(has_text="graded")).to_have_count(len(CLASS), timeout=STEP)
    await async_api.expect(rows.filter(has_text="100")).to_have_count(len(CLASS) - 5, timeout=STEP)
    assert "31 students. 0 submissions are waiting" in await boss.page.inner_text("#state")


async def deadline(service, *students):
    """Half a minute passes in which nothing is submitted: the date is moved instead."""
    past = f"{datetime.now(UTC) - timedelta(minutes=1):%Y-%m-%d %H:%M}+00:00"
    set_dates(service.course, f"late: {{per_day: 50}}, due: '{past}', closes: '{past}'")
    for student in students:
        for _ in range(120):
            await student.open(f"/a/{NAME}")
            if "This assignment is closed" in await student.page.inner_text("main"):
                break
            await asyncio.sleep(0.5)
        assert await student.page.get_by_label("Your file").count() == 0


async def staff(service, boss):
    """Extend, override, regrade, export, and read all of it in the audit log."""
    await boss.choose("extend", "s03", New_due_date="2031-01-01T12:00", Reason="ill")
    await boss.choose("override", "s05", Score="42.5", Reason="a good talk")
    await boss.choose("regrade", "")
    assert "No score changes" in await boss.page.inner_text("main")
    await boss.page.get_by_label("Reason").fill("checked")
    await boss.page.get_by_role("button", name="Store these grades").click()
    await boss.page.get_by_text("The new grades are stored").wait_for()
    await boss.open(f"/staff/{NAME}")
    async with boss.page.expect_download() as started:
        await boss.page.get_by_role("link", name="Grades (CSV)").click()
    path = await (await started.value).path()
    rows = {row["student"]: row for row in csv.DictReader(path.open(encoding="utf-8-sig"))}
    assert set(rows) == set(CLASS)
    assert "42.5" in rows["s05"].values()
    await boss.page.get_by_role("link", name="Audit log").click()
    log = await boss.page.inner_text("main")
    for word in ("a good talk", "extended to 2031-01-01", "stored a regrade", "exported csv"):
        assert word in log


def test_a_class_of_thirty_through_a_deadline(service):
    """Upload, feedback, resubmission, staff live, extension, override, regrade and export."""
    noise, failed = [], []

    async def bounded():
        async with asyncio.timeout(600):
            await through_a_deadline(service, noise)

    def run():
        try:
            asyncio.run(bounded())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)  # Playwright's other interface may have a loop in ours
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    assert noise == []
    set_dates(service.course, "")
    until(lambda: "closed" not in service.as_("ada").get(f"/a/{NAME}").text)


# --- each page ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(service):
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield found
        found.close()


def visitor(browser, service, who):
    """Return a page with the session of a person."""
    context = browser.new_context(base_url=service.origin, reduced_motion="reduce")
    if who:
        token = service.as_(who).cookies["s"]
        context.add_cookies([{"name": "s", "value": token, "url": service.origin}])
    page = context.new_page()
    page.set_default_timeout(STEP)
    return page


def checked(page):
    """Let axe look at a page, on a desk and on a phone, and see that it is no wider than these."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for scheme, width in SCREENS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        violations = page.evaluate("axe.run().then(result => result.violations)")
        grave = [v for v in violations if v["impact"] in ("serious", "critical")]
        assert [(page.url, v["id"], v["nodes"][0]["html"]) for v in grave] == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url


def told(page, method):
    """Ask the browser itself about a page: in a sandbox no script runs, not even Playwright's."""
    return page.context.new_cdp_session(page).send(method)


def test_every_page_is_accessible_on_a_desk_and_on_a_phone(service, browser):
    """axe-core finds nothing serious or critical, and no page is wider than the screen."""
    if not AXE.exists():
        pytest.skip("no axe-core: run npm --prefix tests/browser install")
    place = service.submit("ada", RIGHT).headers["location"]
    service.feedback("ada", place)
    ada, boss, stranger = (visitor(browser, service, who) for who in ("ada", "boss", ""))
    for page, paths in (
        (ada, ("/", f"/a/{NAME}", "/privacy", "/s/unknown")),
        (boss, (f"/staff/{NAME}", f"/staff/{NAME}/audit")),
        (stranger, ("/", "/privacy")),
    ):
        for path in paths:
            page.goto(path)
            checked(page)
    ada.set_viewport_size({"width": SCREENS[-1][1], "height": 800})
    ada.goto(place)  # nothing runs in its sandbox, axe neither: tests/browser looks at these pages
    size = told(ada, "Page.getLayoutMetrics")
    assert size["cssContentSize"]["width"] <= size["cssLayoutViewport"]["clientWidth"]
    boss.goto(f"/staff/{NAME}")
    boss.get_by_role("button", name="Show what would change").click()
    boss.get_by_role("button", name="Store these grades").wait_for()
    checked(boss)
    ada.goto("/")
    ada.get_by_role("button", name="Make a link").click()
    checked(ada)
    stranger.goto(ada.locator(".link").inner_text())
    checked(stranger)


def test_a_student_needs_only_the_keyboard(service, browser):
    """The first Tab skips to the content; every stop can be seen; Enter submits."""
    page = visitor(browser, service, "ada")
    page.goto(f"/a/{NAME}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    stops = []
    while "Submit" not in stops:
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.id || document.activeElement.textContent,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline != "none", name
        stops.append(name)
        assert len(stops) < 20, stops
        if name == "file":
            page.locator("#file").set_input_files(
                {"name": FILE, "mimeType": "text/x-python", "buffer": RIGHT}
            )
    assert "Sign out" not in stops  # it was skipped
    with page.expect_response(is_feedback) as shown:
        page.keyboard.press("Enter")
    assert "Back to the assignment" in shown.value.text()


# --- what a submission can do to the page that shows it -----------------------------------------

PAYLOAD = "<script>document.title='owned'</script><img src='https://evil.example/x' onerror=1>"
HOSTILE = f'raise RuntimeError("""{PAYLOAD}""")\n'.encode()


def test_a_hostile_submission_is_shown_as_text_in_a_sandbox(service, browser):
    """It runs nothing, asks for nothing, and its page has the rights of no site."""
    place = service.submit("ada", HOSTILE, f"{PAYLOAD[:40]}.py").headers["location"]
    assert "sandbox" in service.feedback("ada", place).headers["content-security-policy"]
    page = visitor(browser, service, "ada")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    text = page.goto(place).text()
    assert "evil.example/x" in text
    assert "<img src='https" not in text
    assert told(page, "Target.getTargetInfo")["targetInfo"]["title"] != "owned"
    assert {url for url in asked if not url.startswith("data:")} == {f"{service.origin}{place}"}


DOCUMENT = (
    '<html><head><meta http-equiv="Content-Security-Policy" content="default-src \'none\'">'
    f"</head><body>{PAYLOAD}</body></html>"
).encode()
UNGUARDED = DOCUMENT.replace(b"default-src 'none'", b"default-src *; script-src 'unsafe-inline'")


@pytest.mark.parametrize(
    ("document", "is_sandboxed", "runs"),
    [
        (DOCUMENT, True, False),
        (UNGUARDED, True, False),
        (DOCUMENT, False, False),
        (UNGUARDED, False, True),
    ],
    ids=["both", "sandbox alone", "policy alone", "neither"],
)
def test_if_the_escaping_failed_policy_and_sandbox_each_stop_a_script(
    browser, document, is_sandboxed, runs
):
    """A page with a real script in it runs that script only where neither is sent."""
    shown = pages.sandboxed(document, "<p>links</p>")
    policy = shown.policy if is_sandboxed else re.sub("; sandbox.*", "", shown.policy)
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    page.route("http://submit.example/s/1", lambda route: route.fulfill(
        body=shown.html, headers={"Content-Security-Policy": policy, "Content-Type": "text/html"}))  # fmt: skip
    page.goto("http://submit.example/s/1")
    title = told(page, "Target.getTargetInfo")["targetInfo"]["title"]
    assert (title == "owned") is runs
    page.close()

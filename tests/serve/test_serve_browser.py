"""The pages of the service in a real Chromium: axe, a phone, the keyboard, hostile submissions.

npm --prefix tests/browser install      # axe-core, for the checks of accessibility
"""

import re
from pathlib import Path

import pytest
from chromium import started
from served import NAME, RIGHT, Service, make_course, open_folder

from grader.serve import pages

AXE = Path(__file__).parents[1] / "browser" / "node_modules" / "axe-core" / "axe.min.js"
SCREENS = (("light", 1100), ("dark", 360))
STEP = 60_000  # milliseconds that a slow machine may need for one step
FILE = f"{NAME}.py"


@pytest.fixture(scope="module")
def service():
    with open_folder() as folder:
        people = {"ada": "student", "boss": "instructor"}
        running = Service(folder, make_course(folder), people=people).start()
        yield running
        running.stop()


def is_feedback(response):
    """Return whether a feedback page is there; Playwright sees nothing else of it in its sandbox."""
    return "/s/" in response.url and response.status == 200


# --- each page ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(service):
    with started() as found:
        yield found


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

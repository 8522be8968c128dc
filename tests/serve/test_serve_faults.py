"""What befalls the service: kills, a full disk, refusals to start, hostile pages, restored backups.

make faults                                   # the long form
pytest tests/serve/test_serve_faults.py       # as in `make test`
"""

import contextlib
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from pathlib import Path

import httpx
import pytest
from places import ROOT
from served import (
    GRADER,
    NAME,
    PATIENCE,
    RIGHT,
    Service,
    children,
    free_port,
    make_course,
    open_folder,
    until,
)

from grader.results.store import Store
from grader.serve.database import MIGRATIONS, connect

KILLS = int(os.environ.get("GRADER_FAULTS", "2"))
SEED = int(os.environ.get("GRADER_FAULTS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


def refused(*arguments, **environment):
    words = [*GRADER, "serve", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False, cwd="/",
                          env={**os.environ, **environment})  # fmt: skip
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1), done
    return done.stderr


@pytest.fixture(scope="module")
def course():
    with open_folder() as folder:
        yield make_course(folder)


def test_processes_that_are_starting_when_the_service_is_killed_end_too(course):
    """One that lived on would keep the port, and the service could not be started again."""
    with open_folder() as folder:
        service = Service(folder, course)
        with subprocess.Popen(service.command(), stderr=subprocess.DEVNULL, cwd="/") as process:
            started = until(lambda: len(found := list(children(process.pid))) == 2 and found)
            process.kill()
        until(lambda: not any(map(is_alive, started)), 60)


def is_alive(pid):
    """Return whether a process runs; one that has ended may still be in the table."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_it_refuses_to_start_in_one_line(course, tmp_path):
    """A taken port, a URL that is not safe, a folder that cannot be written, two equal names."""
    with open_folder() as folder:
        common = ("--course", course, "--data", folder / "data")
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            assert f"port {port}" in refused(*common, "--port", port)
        for url in (
            "http://submit.example.org",
            "ftp://x",
            "https://",
            "https://x/y",
            "https://a:b@c",
        ):
            assert "--url" in refused(*common, "--url", url)
        assert "cannot be written" in refused("--course", course, "--data", "/proc/grader")
        other = make_course(folder, name="other")
        assert "two courses" in refused(*common, "--course", other)
        assert "assignments.yaml" in refused("--course", folder, "--data", folder / "data")
    if os.geteuid() == 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        assert "cannot enter" in refused("--course", course, "--data", closed / "data")


def test_doctor_says_what_is_missing():
    """What is there, by name; a package that is not there, with the command that installs it."""
    from grader.serve import doctor

    done = subprocess.run(
        [*GRADER, "doctor", "--serve"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    for word in ("uvicorn", "the web process", "the grading service", "port 8000", "https"):
        assert word in done.stdout.partition("grader serve:")[2]
    line, good = doctor._package("absent-package")
    assert (not good, "pip install" in line) == (True, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_the_demo_ends_on_a_signal_and_removes_its_data(course, number, tmp_path):
    """Links for two people, then a clean end within ten seconds, without a line of complaint."""
    words = [*GRADER, "serve", "--demo", "--course", str(course), "--port", str(free_port())]
    with open_folder() as folder:
        demo = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                env={**os.environ, "TMPDIR": str(folder)})  # fmt: skip
        said = [demo.stdout.readline() for _ in range(6)]
        assert [line.count("/i/") for line in said] == [0, 0, 1, 1, 0, 0], demo.stderr.read()
        assert list(folder.iterdir())
        demo.send_signal(number)
        began = time.monotonic()
        _, wrong = demo.communicate(timeout=PATIENCE)
        assert (demo.returncode, wrong) == (0, "")
        assert time.monotonic() - began < 10
        assert list(folder.iterdir()) == []


def test_kill_9_of_everything_at_random_moments(course):
    """Whatever was acknowledged is graded, once; every second time one process alone is killed.

    When all end together, no try is counted. A grading process that is killed alone is a try.
    """
    draw = random.Random(SEED)  # noqa: S311  # repeatable, not secret
    with open_folder() as folder:
        service = Service(folder, course).start()
        for who in ("ada", "bob", "eve"):  # a link whose answer a kill cuts off is used up
            service.as_(who)
        places = [("ada", service.submit("ada", RIGHT).headers["location"])]
        for number in range(KILLS):

            def submit(number=number):
                for n in range(3):
                    with contextlib.suppress(httpx.HTTPError, KeyError, AttributeError, TypeError):
                        answer = service.submit(("ada", "bob", "eve")[n], RIGHT + b"# %d" % number)
                        if answer.status_code == 303:
                            places.append((("ada", "bob", "eve")[n], answer.headers["location"]))

            thread = threading.Thread(target=submit)
            thread.start()
            time.sleep(draw.uniform(0.0, 2.0))
            if number % 2:
                with contextlib.suppress(ProcessLookupError, IndexError):
                    os.kill(draw.choice(service.family()), signal.SIGKILL)
                thread.join()
                until(lambda: answers(service))
                continue
            for pid in (service.child("web"), service.child("grading"), service.process.pid):
                with contextlib.suppress(ProcessLookupError, TypeError):
                    os.kill(pid, signal.SIGKILL)
            service.process.wait()
            thread.join()
            service.start()
            until(lambda: service.offering_is_known())
        told = f"GRADER_FAULTS_SEED={SEED}"
        for who, place in places:
            assert service.feedback(who, place).status_code == 200, told

        def attempts():
            with contextlib.closing(sqlite3.connect(service.data / "service.db")) as connection:
                return connection.execute("SELECT state, tries FROM attempt").fetchall()

        # what was stored just before a kill is graded too, though its answer was cut off
        until(lambda: {state for state, _ in attempts()} <= {"done", "error"})
        service.stop()
        rows = attempts()
        assert service.process.returncode == 0, told
        assert all(state == "done" or tries for state, tries in rows), told
        assert sum(tries for _, tries in rows) <= 2 * (KILLS // 2), told
        assert len(rows) >= len(places), told
        with Store.open(service.data / "results" / NAME) as store:
            rounds = [number for _, number, _ in store.rounds()]
        assert len(rounds) == len(set(rounds)) == len(rows), told


def answers(service):
    with contextlib.suppress(httpx.HTTPError):
        return service.as_("ada").get("/").status_code == 200
    return False


@pytest.fixture
def small_disk():
    """A file system of 24 MiB that everybody may reach."""
    if os.geteuid() != 0:
        pytest.skip("elsewhere: mounting needs root")
    with open_folder() as folder:
        (folder / "disk").mkdir()
        mount = ("mount", "-t", "tmpfs", "-o", "size=24m,mode=0711", "tmpfs", folder / "disk")
        if subprocess.run(list(map(str, mount)), capture_output=True, check=False).returncode:
            pytest.skip("elsewhere: this root may not mount")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "-l", str(folder / "disk")], check=False)


def test_a_full_disk_refuses_in_words_and_loses_nothing(course, small_disk):
    """507 and nothing stored; reading goes on; with room again, submitting does too."""
    service = Service(small_disk / "disk", course).start()
    try:
        first = service.submit("ada", RIGHT).headers["location"]
        service.feedback("ada", first)
        service.as_("bob")
        ballast = small_disk / "disk" / "ballast"
        with ballast.open("wb") as out, contextlib.suppress(OSError):
            while True:
                out.write(os.urandom(1 << 16))
                out.flush()
        noise = b"#" + os.urandom(300_000).hex().encode()
        answer = service.submit("bob", RIGHT + noise)
        assert (answer.status_code, "NOT stored" in answer.text) == (507, True), answer.text
        assert service.as_("ada").get(first).status_code == 200
        ballast.unlink()
        place = until(lambda: service.submit("bob", RIGHT).headers.get("location"))
        assert service.feedback("bob", place).status_code == 200
        with contextlib.closing(sqlite3.connect(service.data / "service.db")) as connection:
            assert connection.execute("SELECT COUNT(*) FROM attempt").fetchone()[0] == 2
    finally:
        service.stop()


def test_migrations_are_ordered_and_a_newer_file_is_refused(tmp_path):
    from grader.serve.database import ServeError

    connect(tmp_path / "a.db").close()
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        raw.execute("PRAGMA user_version = 999")
    with pytest.raises(ServeError, match="newer grader"):
        connect(tmp_path / "a.db")


def test_behind_caddy_with_https(course):
    """Caddy terminates TLS: the cookie is __Host-, our own forms pass, the health is closed."""
    if not shutil.which("caddy"):
        pytest.skip("no caddy: install it")
    port = free_port()
    with open_folder() as folder:
        url = f"https://localhost:{port}"
        service = Service(folder, course, url=url).start()
        rule = (f"{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n}}\n"
                f"{url} {{\n tls internal\n"
                f" @local path /healthz /metrics\n respond @local 404\n"
                f" reverse_proxy 127.0.0.1:{service.port}\n}}\n")  # fmt: skip
        (folder / "Caddyfile").write_text(rule)
        caddy = subprocess.Popen(
            ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "caddy")},
        )  # fmt: skip
        try:
            client = httpx.Client(base_url=url, verify=False, timeout=PATIENCE)  # noqa: S501  # Caddy's own CA
            path = service.links["ada"].removeprefix(url)

            def reached():
                with contextlib.suppress(httpx.HTTPError):
                    return client.get(path).status_code == 200
                return False

            until(reached)
            signed = client.post(path, headers={"Origin": url})
            cookie = signed.headers["set-cookie"]
            assert cookie.startswith("__Host-s=")
            assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
            service.sessions["ada"] = client
            place = service.submit("ada", RIGHT).headers["location"]
            assert service.feedback("ada", place).status_code == 200
            assert client.get("/healthz").status_code == 404
        finally:
            caddy.terminate()
            caddy.wait()
            service.stop()


def test_the_deployment_files_are_as_they_must_be():
    """The unit names our command, and Caddy itself accepts the Caddyfile."""
    import configparser

    folder = ROOT / "grader" / "serve" / "deploy"
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str
    unit.read(folder / "grader-serve.service")
    words = unit["Service"]["ExecStart"].split()
    assert words[1] == "serve"
    done = subprocess.run([*GRADER, "serve", "--help"], capture_output=True, text=True, check=True)
    assert all(word in done.stdout for word in words if word.startswith("--"))
    recipe = (folder / "Containerfile").read_text()
    assert 'ENTRYPOINT ["grader", "serve"' in recipe
    if shutil.which("caddy"):
        command = [
            "caddy",
            "adapt",
            "--config",
            str(folder / "Caddyfile"),
            "--adapter",
            "caddyfile",
        ]
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert "127.0.0.1:8000" in found

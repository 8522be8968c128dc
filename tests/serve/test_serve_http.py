"""The head of a request is bounded, however it comes; its body is not counted."""

import asyncio
import socket

import pytest
import uvicorn

from grader.serve import http


async def echo(scope, receive, send):
    """Answer with the number of bytes of the body."""
    size, is_more = 0, True
    while is_more:
        message = await receive()
        size += len(message.get("body", b""))
        is_more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"%d" % size})


def status(*parts):
    """Send a request in parts; return the status of the answer, "ended" or "reading"."""

    async def run():
        listening = socket.create_server(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(
            echo, http=http.parser(), ws="none", lifespan="off", log_level="critical",
            h11_max_incomplete_event_size=http.MOST,
        ))  # fmt: skip
        serving = asyncio.create_task(server._serve([listening]))
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
            answer = await asyncio.wait_for(reader.readline(), 0.5)
            found = int(answer.split()[1]) if answer else "ended"
        except ConnectionError:
            found = "ended"
        except TimeoutError:
            found = "reading"
        writer.close()
        server.should_exit = True
        await serving
        return found

    return asyncio.run(run())


START = b"POST / HTTP/1.1\r\nHost: a\r\n"
LONG = {
    "one header": (START, b"X: ", *[b"x" * 4096] * 100),
    "many headers": (START, *[b"X: x\r\n" * 512] * 100),
    "path": (b"GET /", *[b"x" * 4096] * 100),
    "trailers": (START, b"Transfer-Encoding: chunked\r\n\r\n0\r\n", *[b"X: x\r\n" * 512] * 100),
}
BODY = b"x" * 300_000
GOOD = {
    "none": (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",),
    "body": (START, b"Content-Length: %d\r\n\r\n" % len(BODY), BODY),
    "chunked": (START, b"Transfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)),
    "second": (START, b"Content-Length: 200000\r\n\r\n", BODY[:200_000],
               START, b"Content-Length: 200000\r\n\r\n", BODY[:200_000]),
}  # fmt: skip


@pytest.mark.parametrize("parts", LONG.values(), ids=LONG)
def test_an_endless_head_is_refused(parts, monkeypatch):
    """Without the limit, the service would still be reading it."""
    assert status(*parts) in (400, "ended")
    monkeypatch.setattr(http, "MOST", 1 << 30)
    assert status(*parts) == "reading"


@pytest.mark.parametrize("parts", GOOD.values(), ids=GOOD)
def test_a_body_is_not_counted(parts):
    assert status(*parts) == 200

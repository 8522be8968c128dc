"""Send requests to the grading service over connections that stay open for later requests.

service = Connections(address(data))
answer = await service.ask(PageRequest("two_layer_network", "ada", 17))
"""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from grader.serve.messages import ANSWERS, LENGTH, Answer, NotServedError, Request, framed

KEPT: Final = 8
"""Number of idle connections that are kept open."""
_Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Connections:
    """Connections to the grading service, for one event loop."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[_Line] = []

    async def ask(self, request: Request) -> Answer:
        """Send a request and wait for its answer.

        Raises:
            NotServedError: The service ended, or is not running.
        """
        reader, writer = await self._line()
        is_kept = False
        try:
            writer.write(framed(request))
            await writer.drain()
            length = int.from_bytes(await reader.readexactly(LENGTH))
            answer: Answer = ANSWERS.decode(await reader.readexactly(length))
            is_kept = len(self._idle) < KEPT
            return answer
        except (OSError, EOFError, msgspec.MsgspecError) as error:
            raise NotServedError(str(error) or type(error).__name__) from None
        finally:
            if is_kept:
                self._idle.append((reader, writer))
            else:
                writer.close()

    async def _line(self) -> _Line:
        """Return an idle connection that the service has not closed, or open a new one."""
        while self._idle:
            reader, writer = self._idle.pop()
            if not (reader.at_eof() or writer.is_closing()):
                return reader, writer
            writer.close()
        try:
            return await asyncio.open_unix_connection(self._path)
        except OSError as error:
            raise NotServedError(str(error)) from None

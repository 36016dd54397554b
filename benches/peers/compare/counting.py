"""A line between clients and an S3 server that counts requests and bytes, and changes nothing.

Signatures hold because the server sees the same bytes; it must be addressed by path, since the name
of the host is that of this line.
"""

import asyncio
import threading
import time
from collections import Counter
from urllib.parse import urlsplit


class CountingLine:
    """Listens on a port of this machine until it is closed."""

    def __init__(self, endpoint):
        at = urlsplit(endpoint)
        self.server = (at.hostname, at.port)
        self.requests, self.bytes, self.last = Counter(), 0, 0.0
        self.loop = asyncio.new_event_loop()
        self.listening = self.loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        )
        port = self.listening.sockets[0].getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{port}"
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(5)

    def take(self):
        """What was counted since the last time: requests by verb, and bytes both ways."""
        counted = self.requests, self.bytes
        self.requests, self.bytes = Counter(), 0
        return counted

    def wait_quiet(self, quiet, bound):
        """Waits until nothing has passed for `quiet` seconds, at most `bound`."""
        deadline = time.monotonic() + bound
        while (left := quiet - (time.monotonic() - self.last)) > 0:
            if time.monotonic() > deadline:
                return
            time.sleep(min(left, 0.1))

    async def _serve(self, reader, writer):
        try:
            back_reader, back_writer = await asyncio.open_connection(*self.server, limit=1 << 20)
        except OSError:
            writer.close()
            return
        answers = asyncio.create_task(self._answers(back_reader, writer))
        try:
            await self._ask(reader, back_writer)
        except (OSError, asyncio.IncompleteReadError):
            pass  # One side has gone; so does the other.
        finally:
            back_writer.close()
            await asyncio.wait([answers], timeout=5)
            writer.close()

    async def _answers(self, reader, writer):
        try:
            while piece := await reader.read(1 << 18):
                self._seen(len(piece))
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # The client does not want the rest.
        finally:
            writer.close()

    async def _ask(self, reader, writer):
        """Passes requests on, one after another, which is how connections are used by both."""
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests[kind(head)] += 1
            self._seen(len(head))
            writer.write(head)
            await writer.drain()
            fields = head.lower().split(b"\r\n")
            sizes = [field[15:] for field in fields if field.startswith(b"content-length:")]
            if b"transfer-encoding: chunked" in fields:
                await self._pass_chunks(reader, writer)
            else:
                await self._pass_on(reader, writer, int(sizes[0]) if sizes else 0)

    async def _pass_chunks(self, reader, writer):
        size = 1
        while size:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
            writer.write(line)
            await self._pass_on(reader, writer, size + 2)

    async def _pass_on(self, reader, writer, left):
        while left:
            piece = await reader.read(min(left, 1 << 18))
            if not piece:
                raise asyncio.IncompleteReadError(piece, left)
            left -= len(piece)
            self._seen(len(piece))
            writer.write(piece)
            await writer.drain()

    def _seen(self, count):
        self.bytes += count
        self.last = time.monotonic()


def kind(head):
    """What a request is, as storages bill it."""
    verb, target = head.split(b" ", 2)[:2]
    path, _, query = target.decode().partition("?")
    names = {part.split("=")[0] for part in query.split("&")}
    below = path.strip("/").count("/")
    if verb == b"GET" and not below and "location" not in names:
        return "LIST"
    if verb == b"POST" and "delete" in names:
        return "DELETE"
    return verb.decode()

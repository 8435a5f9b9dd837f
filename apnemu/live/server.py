# SPDX-License-Identifier: BSD-3-Clause
"""The server of a page: on this machine's loopback alone, for those who know its token, from its own page alone.

Another page of the same browser may guess a port, and may name any host that leads here (DNS rebinding): whatever has
not this token, this Host and, where a browser sends one, this Origin gets 403 and nothing more.

Rejected: server-sent events beside posts (two ways for what is one conversation); a cookie (every port of this machine
would get it).
"""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Final

from tornado.httpserver import HTTPServer
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from apnemu.errors import ApnemuError, InputError
from apnemu.live import orders
from apnemu.live.board import Board

HERE: Final = "127.0.0.1"
TOKEN_BYTES: Final = 24
MOST_FOLLOWERS: Final = 16
MOST_HEADER_BYTES: Final = 16_384
MOST_WAITING: Final = 2_000
"""Messages that wait for a follower; one that takes no more is let go, and its page follows anew."""
FORBIDDEN: Final = 403
Files = Mapping[str, tuple[str, bytes]]
"""Name of a file -> its type and content; "" is the page."""


def policy(port: int) -> str:
    """Content-Security-Policy of a page: nothing but its own files, and its own connection."""
    own = f"'self' ws://{HERE}:{port} ws://localhost:{port}"
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src {own};"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class _Desk:
    """What all handlers know."""

    def __init__(self, board: Board, files: Files, port: int) -> None:
        self.board = board
        self.files = files
        self.token = secrets.token_urlsafe(TOKEN_BYTES)
        self.hosts = (f"{HERE}:{port}", f"localhost:{port}")
        self.policy = policy(port)
        self.followers = 0

    def is_own(self, handler: RequestHandler, token: str) -> bool:
        """Whether a request has this token, this Host, and no foreign Origin."""
        headers = handler.request.headers
        origin = headers.get("Origin")
        return (
            hmac.compare_digest(token.encode(), self.token.encode())
            and headers.get_list("Host") in [[host] for host in self.hosts]
            and (origin is None or origin in [f"http://{host}" for host in self.hosts])
        )


class _Page(RequestHandler):
    """The page and its files."""

    def initialize(self, desk: _Desk) -> None:
        self._desk = desk

    def set_default_headers(self) -> None:
        self.clear_header("Server")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.set_header("Cross-Origin-Resource-Policy", "same-origin")
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")

    def get(self, token: str, name: str = "") -> None:
        """Answer with a file; 403 to whoever has no token, 404 where there is none."""
        if not self._desk.is_own(self, token or ""):
            return self._refuse(FORBIDDEN)
        if not self.request.path.endswith("/") and not name:
            return self.redirect(f"/{token}/")
        if (name or "") not in self._desk.files:
            return self._refuse(404)
        kind, content = self._desk.files[name or ""]
        self.set_header("Content-Type", kind)
        self.set_header("Content-Security-Policy", self._desk.policy)
        self.finish(content)

    head = get

    def post(self, *_: str) -> None:
        """Answer 403: whatever a page asks for goes over its own connection."""
        self._refuse(FORBIDDEN)

    put = delete = patch = options = post

    def _refuse(self, status: int) -> None:
        self.set_status(status)
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.finish("forbidden\n" if status == FORBIDDEN else "not found\n")


class _Follow(WebSocketHandler):
    """The connection of a page: what is new goes out, what is asked for comes in."""

    def initialize(self, desk: _Desk) -> None:
        self._desk = desk
        self._leave: Any = None
        self._waiting: asyncio.Queue[Mapping[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._sender: asyncio.Task[None] | None = None

    async def get(self, *words: str, **named: str) -> None:
        """Begin the connection; 403 to whoever has no token, or comes from another page."""
        if not self._desk.is_own(self, words[0]) or self._desk.followers >= MOST_FOLLOWERS:
            self.set_status(FORBIDDEN)
            self.finish("forbidden\n")
            return
        await super().get(*words, **named)

    def post(self, *_: str) -> None:
        """Answer 403: there is nothing here but a connection."""
        self.set_status(FORBIDDEN)
        self.finish("forbidden\n")

    head = put = delete = patch = options = post

    def check_origin(self, origin: str) -> bool:
        """Whether a connection may come from there: `get` has looked already, and more closely."""
        return origin in [f"http://{host}" for host in self._desk.hosts]

    def open(self, *_: str, **__: str) -> None:
        """Begin to follow."""
        loop = asyncio.get_running_loop()
        self._desk.followers += 1
        self._sender = loop.create_task(self._send())
        self._leave = self._desk.board.follow(lambda told: self._hand_over(loop, told))

    def on_message(self, message: str | bytes) -> None:
        """Have what is asked for carried out, or say why not."""
        try:
            order = orders.read(message if isinstance(message, str) else "")
            if not self._desk.board.ask(order):
                raise InputError("too much is asked for at once; wait until it is done")
        except ApnemuError as error:
            self._put({"refused": str(error)})

    def on_close(self) -> None:
        """Follow no more."""
        if self._leave is not None:
            self._leave()
            self._desk.followers -= 1
        if self._sender is not None:
            self._sender.cancel()

    def _hand_over(self, loop: asyncio.AbstractEventLoop, told: Mapping[str, Any]) -> None:
        with suppress(RuntimeError):  # the server has ended
            loop.call_soon_threadsafe(self._put, told)

    def _put(self, told: Mapping[str, Any]) -> None:
        try:
            self._waiting.put_nowait(told)
        except asyncio.QueueFull:
            self.close(1013, "too slow")

    async def _send(self) -> None:
        with suppress(WebSocketClosedError):
            while True:
                await self.write_message(json.dumps(await self._waiting.get()))


@contextmanager
def served(board: Board, files: Files, *, port: int = 0) -> Iterator[str]:
    """Serve a page within the block; gives its address, with the token. `port` 0: one that is free.

    Raises InputError for a port that cannot be had.
    """
    try:
        listening = socket.create_server((HERE, port))
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"port {port} cannot be had: {why}; give another one, or none", file="--port") from error
    listening.setblocking(False)
    bound = int(listening.getsockname()[1])
    desk = _Desk(board, files, bound)
    ready: Future[tuple[asyncio.Event, asyncio.AbstractEventLoop]] = Future()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(desk, listening, ready)), name="live", daemon=True)
    thread.start()
    ended, loop = ready.result()
    try:
        yield f"http://{HERE}:{bound}/{desk.token}/"
    finally:
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)
        thread.join()


async def _serve(
    desk: _Desk, listening: socket.socket, ready: Future[tuple[asyncio.Event, asyncio.AbstractEventLoop]]
) -> None:
    ended = asyncio.Event()
    options: dict[str, Any] = {"desk": desk}
    application = Application(
        [(r"/([^/]*)/follow", _Follow, options), (r"/([^/]*)/(.*)", _Page, options), (r"/(.*)", _Page, options)],
        log_function=lambda _: None,
        websocket_max_message_size=orders.MOST_BYTES,
        websocket_ping_interval=20,
        compress_response=True,
    )
    server = HTTPServer(application, max_header_size=MOST_HEADER_BYTES, max_body_size=orders.MOST_BYTES)
    server.add_socket(listening)
    ready.set_result((ended, asyncio.get_running_loop()))
    await ended.wait()
    server.stop()
    await server.close_all_connections()

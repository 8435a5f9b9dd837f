# SPDX-License-Identifier: BSD-3-Clause
"""Server for a WSGI application, with a thread for each connection and the standard library alone."""

from __future__ import annotations

import socket
import threading
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

SILENT_S = 30
"""Silence after which a client is hung up on."""
POLL_S = 0.5
"""Time between two looks of the server at whether it is to end, the standard library's."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 1024

    def server_bind(self) -> None:
        """Bind without asking a name server for the machine's name, as the standard library would."""
        self.socket.setsockopt(1, 2, 1)  # SOL_SOCKET, SO_REUSEADDR
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = "localhost", self.socket.getsockname()[1]
        self.setup_environ()


class _Handler(WSGIRequestHandler):
    timeout = SILENT_S
    disable_nagle_algorithm = True  # headers and content are sent apart: one would wait for the other's way back

    def address_string(self) -> str:
        return str(self.client_address[0])

    def log_message(self, format: str, *arguments: Any) -> None:
        """Log nothing: the answers themselves say what is wrong."""


def serve(
    application: Any,
    port: int = 0,
    address: str = "127.0.0.1",
    *,
    listening: int | None = None,
    poll_s: float = POLL_S,
) -> WSGIServer:
    """Serve from now on, in the background; port 0 takes a free one, `listening` a socket that listens already."""
    server = make_server(address, port, application, server_class=_Server, handler_class=_Handler)
    if listening is not None:
        server.socket.close()
        server.socket = socket.socket(fileno=listening)
    threading.Thread(target=server.serve_forever, args=(poll_s,), daemon=True).start()
    return server

"""A receiver of webhooks over https on loopback, which can misbehave like real ones do."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Request:
    """What came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """How it answers, and what it was sent."""

    port: int
    statuses: list[int] = field(default_factory=list)
    """Of the next answers, one each; 204 when there are none left."""
    location: str = ""
    is_silent: bool = False
    drips: bool = False
    """A byte of the answer every 20 ms, without an end."""
    floods: bool = False
    """A body without an end."""
    requests: list[Request] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """What each connection called the server (SNI)."""
    on_request: Callable[[], None] = lambda: None
    """Called with each request, before it is answered."""
    end: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"https://127.0.0.1:{self.port}/hook?key=zqkey"


@contextmanager
def receiver(certificate: Path) -> Iterator[Receiver]:
    """Receive until the end of the block."""
    server = _Server(("127.0.0.1", 0), _Handler)
    received = Receiver(server.server_port)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: received.names.append(name)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    server.received = received
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield received
    finally:
        received.end.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    received: Receiver
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing: callers break off on purpose."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:  # noqa: N802 (the library's name)
        received = self.server.received
        body = self.rfile.read(int(self.headers["Content-Length"]))
        received.requests.append(Request(self.path, dict(self.headers), body))
        received.on_request()
        if received.is_silent:
            received.end.wait(timeout=30)
        elif received.drips:
            self._drip(received.end)
        else:
            self._answer(received)

    def _answer(self, received: Receiver) -> None:
        self.send_response(received.statuses.pop(0) if received.statuses else 204)
        if received.location:
            self.send_header("Location", received.location)
        self.end_headers()
        while received.floods and not received.end.is_set():
            self.wfile.write(b"x" * 65_536)

    def _drip(self, end: threading.Event) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not end.wait(0.02):
            self.wfile.write(b"x")

    def log_message(self, *_: object) -> None:
        """Say nothing."""

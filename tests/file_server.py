"""A small server of files over https on loopback, which can misbehave like real ones do."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class FileServer:
    """What it serves, how it misbehaves, and what it was asked."""

    address: str
    """With a slash at the end."""
    files: dict[str, bytes] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    status: int = 200
    knows_ranges: bool = True
    breaks_after: int | None = None
    """Bytes of an answer until the connection breaks."""
    claimed_length: int | None = None
    says_length: bool = True
    is_silent: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    """Path and range of every request."""
    end: threading.Event = field(default_factory=threading.Event)


@contextmanager
def file_server(certificate: Path | None) -> Iterator[FileServer]:
    """Serve until the end of the block; plain http where there is no certificate."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme = "http" if certificate is None else "https"
    served = FileServer(f"{scheme}://127.0.0.1:{server.server_port}/")
    server.served = served  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield served
    finally:
        served.end.set()
        server.shutdown()
        thread.join()
        server.server_close()


def make_certificate(path: Path, *names: str) -> Path:
    """Write a key and its own certificate for 127.0.0.1 and the names, both into one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    alternatives = [address, *map(x509.DNSName, names)]
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    own = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(pem)
    path.write_bytes(own)
    return path


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # noqa: N802 (the library's name)
        served: FileServer = self.server.served  # type: ignore[attr-defined]
        name, asked = self.path.lstrip("/"), self.headers.get("Range")
        served.asked.append((name, asked))
        if served.is_silent:
            served.end.wait(timeout=30)
        elif name in served.redirects:
            self._head(302, {"Location": served.redirects[name], "Content-Length": "0"})
        elif served.status != 200 or name not in served.files:
            self._head(404 if served.status == 200 else served.status, {"Content-Length": "0"})
        else:
            self._send(served, served.files[name], asked)

    def _send(self, served: FileServer, content: bytes, asked: str | None) -> None:
        start = int(asked[6:-1]) if asked and served.knows_ranges else 0
        if start and start >= len(content):
            return self._head(416, {"Content-Length": "0"})
        rest = content[start:]
        length = served.claimed_length or len(rest)
        self._head(
            206 if start else 200, {"Content-Length": str(length)} if served.says_length else {}
        )
        self.wfile.write(rest[: served.breaks_after])

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

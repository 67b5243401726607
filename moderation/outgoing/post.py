"""Sending one request to an address that somebody typed, without trusting it.

The name is resolved once; every address that it has must be allowed, and the connection goes to
one of these addresses itself, with the name for certificate and SNI only: a resolver that answers
differently the next time is never asked (DNS rebinding). Nothing is followed, no proxy of the
environment is used, and of the answer only its status is read.
"""

import http.client
import ipaddress
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from moderation.outgoing.guard import Address, Endpoint, Guard
from moderation.statuses import DeliveryFailure

RESOLVE_WITHIN = 5.0  # seconds for the name
CONNECT_WITHIN = 5.0  # seconds for each address that is tried
ANSWER_WITHIN = 15.0  # seconds for everything
ADDRESSES_MAX = 3  # of one name that are tried
Resolve = Callable[..., list[tuple[Any, ...]]]
"""As `socket.getaddrinfo`."""


class NotAnswered(Exception):
    """No answer came, for a reason in a word; the message holds nothing of the address."""

    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__(failure.value)
        self.failure = failure


@dataclass(frozen=True, kw_only=True)
class Poster:
    """Sends requests to where the guard lets them."""

    guard: Guard
    resolve_within: float = RESOLVE_WITHIN
    connect_within: float = CONNECT_WITHIN
    answer_within: float = ANSWER_WITHIN
    resolve: Resolve = field(default=socket.getaddrinfo)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send it; answers the status of the answer, whichever it is (a redirect's, too).

        Raises NotAnswered where none came.
        """
        try:
            endpoint = self.guard.read(url)
        except ValueError:
            raise NotAnswered(DeliveryFailure.ADDRESS_REFUSED) from None
        with _told(), _Deadline(self.answer_within) as deadline:
            addresses = self._addresses_of(endpoint)
            connection = http.client.HTTPConnection(endpoint.host, endpoint.port)
            connection.sock = self._connect(endpoint, addresses, deadline)
            try:
                connection.putrequest(
                    "POST", endpoint.target, skip_host=True, skip_accept_encoding=True
                )
                fixed = {"Host": endpoint.authority, "Connection": "close"}
                for name, value in {**fixed, **headers, "Content-Length": str(len(body))}.items():
                    connection.putheader(name, value)
                connection.endheaders(body)
                with connection.getresponse() as answer:
                    return answer.status
            finally:
                connection.close()

    def _addresses_of(self, endpoint: Endpoint) -> list[Address]:
        """What the host resolves to, asked for once. Raises NotAnswered unless all may be."""
        try:
            found = self._resolved(endpoint)
            addresses = [ipaddress.ip_address(each[4][0]) for each in found]
        except TimeoutError:
            raise
        except (OSError, ValueError):
            raise NotAnswered(DeliveryFailure.UNKNOWN_HOST) from None
        if not all(self.guard.allows(endpoint.host, address) for address in addresses):
            raise NotAnswered(DeliveryFailure.ADDRESS_REFUSED)
        if not addresses:
            raise NotAnswered(DeliveryFailure.UNKNOWN_HOST)
        return addresses[:ADDRESSES_MAX]

    def _resolved(self, endpoint: Endpoint) -> list[tuple[Any, ...]]:
        """What the resolver says. Raises TimeoutError, OSError, and ValueError for no name.

        In a thread, which is left where its name servers keep it: nothing can cut it short.
        """
        said: queue.SimpleQueue[list[tuple[Any, ...]] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                said.put(self.resolve(endpoint.host, endpoint.port, type=socket.SOCK_STREAM))
            except Exception as error:
                said.put(error)

        threading.Thread(target=ask, name="resolver", daemon=True).start()
        try:
            answer = said.get(timeout=self.resolve_within)
        except queue.Empty:
            raise TimeoutError from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _connect(
        self, endpoint: Endpoint, addresses: list[Address], deadline: "_Deadline"
    ) -> ssl.SSLSocket:
        plain = self._open(endpoint, addresses, deadline)
        context = ssl.create_default_context()  # heeds SSL_CERT_FILE
        context.set_alpn_protocols(["http/1.1"])
        try:
            secured = context.wrap_socket(
                plain, server_hostname=endpoint.host, do_handshake_on_connect=False
            )
        except BaseException:
            plain.close()
            raise
        try:
            secured.settimeout(self.answer_within)
            deadline.watch(secured)
            secured.do_handshake()
        except BaseException:
            secured.close()
            raise
        return secured

    def _open(
        self, endpoint: Endpoint, addresses: list[Address], deadline: "_Deadline"
    ) -> socket.socket:
        """A connection to the first of the addresses that takes one."""
        failed: OSError = OSError()
        for address in addresses:
            if deadline.is_over:
                raise TimeoutError
            try:
                return socket.create_connection((str(address), endpoint.port), self.connect_within)
            except OSError as error:
                failed = error
        raise failed


class _Deadline:
    """Cuts a connection when its time is over, however slowly the other side drips its answer.

    A socket's own timeout begins anew with each byte.
    """

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self.is_over = False

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._timer.cancel()
        self._timer.join()
        # Without an error, too: half an answer that was cut off reads like a whole one.
        if self.is_over and (error is None or isinstance(error, Exception)):
            raise TimeoutError from None

    def watch(self, connection: socket.socket) -> None:
        """Cut this connection when it is time. Raises TimeoutError where it is already."""
        with self._lock:
            self._socket = connection
            if self.is_over:
                raise TimeoutError

    def _cut(self) -> None:
        with self._lock:
            self.is_over = True
            if self._socket is not None:
                try:
                    # Of the plain class: an SSLSocket's own would forget its TLS state under the
                    # feet of the thread that reads.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:
                    return  # closed meanwhile


@contextmanager
def _told() -> Iterator[None]:
    """Say what went wrong in a word of ours: errors of libraries quote what the other side said."""
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise NotAnswered(DeliveryFailure.CERTIFICATE) from None
    except TimeoutError:
        raise NotAnswered(DeliveryFailure.TIMEOUT) from None
    except (http.client.HTTPException, ConnectionResetError, BrokenPipeError, ssl.SSLError):
        raise NotAnswered(DeliveryFailure.NO_ANSWER) from None
    except OSError:
        raise NotAnswered(DeliveryFailure.NO_CONNECTION) from None

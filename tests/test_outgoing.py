"""Addresses that somebody typed lead to the public internet only, whatever they resolve to."""

import http.server
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.outgoing.guard import Endpoint, Guard, is_public, read_exceptions, read_ports
from moderation.outgoing.post import NotAnswered, Poster
from moderation.statuses import DeliveryFailure
from tests.file_server import make_certificate
from tests.webhook_server import Receiver, receiver

PUBLIC = "93.184.215.14"
HOST = "hooks.example"


@pytest.fixture(scope="module")
def named_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls") / "named.pem", HOST)


@pytest.fixture
def endpoint(named_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver whose certificate counts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(named_certificate))
    with receiver(named_certificate) as received:
        yield received


class Resolver:
    """Answers with the next addresses each time it is asked, and remembers the questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        self.asked.append(host)
        found = self.answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


def poster_to(received: Receiver, **changes: Any) -> Poster:
    """May reach that receiver, though it is on loopback."""
    loopback = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1"))
    guard = Guard(networks=loopback, ports=frozenset({443, received.port}))
    return Poster(**{"guard": guard, **changes})


def failure_of(poster: Poster, url: str) -> DeliveryFailure:
    with pytest.raises(NotAnswered) as error:
        poster.post(url, b"{}", {})
    assert str(error.value) == error.value.failure.value
    return error.value.failure


# Which addresses are public


@pytest.mark.parametrize(
    "address",
    [
        PUBLIC,
        "1.1.1.1",
        "2606:4700:4700::1111",
        "64:ff9b::5db8:d70e",  # NAT64 of a public one
        "::ffff:93.184.215.14",
        "2002:5db8:d70e::1",  # 6to4 of a public one
    ],
)
def test_public_addresses_are_reached(address: str) -> None:
    assert Guard().allows(HOST, ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.8.8",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",  # metadata of clouds
        "100.64.0.1",  # shared by carriers
        "100.100.100.200",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",  # compatible with IPv4, long gone
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",  # NAT64 of loopback
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",  # NAT64 of one's own network
        "2002:7f00:1::",  # 6to4 of loopback
        "2002:a9fe:a9fe::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "fe80::1",
        "fe80::1%1",
        "fec0::1",  # site-local, which Python calls global
        "fd00:ec2::254",
        "ff02::1",
        "4000::1",  # given to nobody
    ],
)
def test_addresses_of_this_network_or_of_nobody_are_not(address: str) -> None:
    assert not Guard().allows(HOST, ipaddress.ip_address(address))


def test_multicast_that_python_calls_global_is_none() -> None:
    group = ipaddress.ip_address("ff0e::1")
    assert group.is_global
    assert not is_public(group)
    assert not is_public(ipaddress.ip_address("233.252.0.1"))


def test_the_operator_names_exceptions() -> None:
    hosts, networks = read_exceptions(" hooks.internal , 10.1.0.0/16,fd12::/32, 127.0.0.1 ")
    guard = Guard(hosts=hosts, networks=networks, ports=read_ports("443, 8443"))

    assert guard.allows("hooks.internal", ipaddress.ip_address("192.168.0.9"))
    assert not guard.allows("other.internal", ipaddress.ip_address("192.168.0.9"))
    for address, is_allowed in (
        ("10.1.255.1", True),
        ("10.2.0.1", False),
        ("fd12::7", True),
        ("::ffff:10.1.0.1", True),
        ("127.0.0.1", True),
        ("127.0.0.2", False),
        (PUBLIC, True),
    ):
        assert guard.allows(HOST, ipaddress.ip_address(address)) is is_allowed, address
    assert guard.read("https://hooks.internal:8443/x").port == 8443


@pytest.mark.parametrize("text", ["10.1.0.0/99", "10.1.2.3/16", "a b", "https://x", "10.1.2", "-x"])
def test_exceptions_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_exceptions(text)


@pytest.mark.parametrize("text", ["", "0", "65536", "443;8443", "https", "-1"])
def test_ports_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        read_ports(text)


# Which texts are addresses


@pytest.mark.parametrize(
    "text, endpoint",
    [
        (f"https://{HOST}", Endpoint(HOST, 443, "/")),
        ("HTTPS://Hooks.Example:443/a/b?c=d&e", Endpoint(HOST, 443, "/a/b?c=d&e")),
        ("https://bücher.example./%C3%A9", Endpoint("xn--bcher-kva.example", 443, "/%C3%A9")),
        ("https://[2606:4700:4700::1111]/", Endpoint("2606:4700:4700::1111", 443, "/")),
    ],
)
def test_an_address_is_read_and_written(text: str, endpoint: Endpoint) -> None:
    guard = Guard()

    assert guard.read(text) == endpoint
    assert guard.read(endpoint.url) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hooks.example",
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https:///path",
        "https://",
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
        "https://@hooks.example/",
        "https://hooks.example/#part",
        "https://hooks.example:8443/",
        "https://hooks.example:99999/",
        "https://hooks.example:port/",
        "https://hooks.example/a b",
        "https://hooks.example/é",
        "https://hooks.example/\r\nX-Evil: 1",
        "https://hooks..example/",
        "https://hooks_%.example/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.0.0.1/",
        "https://" + "x" * 2_000,
        f"https://{'a' * 250}.example/",
    ],
)
def test_what_is_no_address_or_not_allowed_is_refused(text: str) -> None:
    with pytest.raises(ValueError) as error:
        Guard().read(text)
    assert str(error.value).endswith(".")


# Sending


def test_it_arrives_at_the_address_that_was_checked_under_the_name_that_was_typed(
    endpoint: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")  # nobody there
    resolver = Resolver(["127.0.0.1"])
    poster = poster_to(endpoint, resolve=resolver)

    status = poster.post(f"https://{HOST}:{endpoint.port}/a?b", b'{"x":1}', {"webhook-id": "m"})

    assert status == 204
    [request] = endpoint.requests
    assert (request.path, request.body) == ("/a?b", b'{"x":1}')
    assert request.headers["Host"] == f"{HOST}:{endpoint.port}"
    assert request.headers["webhook-id"] == "m"
    assert request.headers["Connection"] == "close"
    assert endpoint.names == [HOST]
    assert resolver.asked == [HOST]


def test_a_name_is_resolved_once_and_never_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """DNS rebinding: public when it is checked, loopback when it is connected to."""
    resolver = Resolver([PUBLIC], ["127.0.0.1"])
    reached = []

    def connect(address: tuple[str, int], _timeout: float) -> socket.socket:
        reached.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    poster = Poster(guard=Guard(), resolve=resolver)

    assert failure_of(poster, f"https://{HOST}/") is DeliveryFailure.NO_CONNECTION
    assert reached == [(PUBLIC, 443)]
    assert len(resolver.asked) == 1


@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["::1"], ["169.254.169.254", PUBLIC]]
)
def test_nothing_is_sent_where_one_of_its_addresses_is_not_public(
    addresses: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def connect(*_: Any) -> socket.socket:
        raise AssertionError("connected")

    monkeypatch.setattr(socket, "create_connection", connect)
    poster = Poster(guard=Guard(), resolve=Resolver(addresses))

    assert failure_of(poster, f"https://{HOST}/") is DeliveryFailure.ADDRESS_REFUSED


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1", "0177.0.0.1", "localhost"])
def test_other_spellings_of_loopback_lead_nowhere(host: str) -> None:
    failure = failure_of(Poster(guard=Guard()), f"https://{host}/")

    assert failure in (DeliveryFailure.ADDRESS_REFUSED, DeliveryFailure.UNKNOWN_HOST)


def test_the_next_address_is_tried_where_the_first_takes_no_connection(endpoint: Receiver) -> None:
    poster = poster_to(endpoint, resolve=Resolver(["::1", "127.0.0.1"]))

    assert poster.post(f"https://{HOST}:{endpoint.port}/", b"{}", {}) == 204


def test_a_redirect_is_an_answer_and_is_not_followed(endpoint: Receiver) -> None:
    endpoint.location, endpoint.statuses = endpoint.url, [302, 307, 308]

    assert [poster_to(endpoint).post(endpoint.url, b"{}", {}) for _ in range(3)] == [302, 307, 308]
    assert len(endpoint.requests) == 3


def test_a_certificate_of_another_name_is_refused(endpoint: Receiver) -> None:
    poster = poster_to(endpoint, resolve=Resolver(["127.0.0.1"]))

    failure = failure_of(poster, f"https://other.example:{endpoint.port}/")

    assert failure is DeliveryFailure.CERTIFICATE
    assert endpoint.requests == []


def test_a_certificate_of_an_unknown_issuer_is_refused(
    endpoint: Receiver, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))  # another one

    assert failure_of(poster_to(endpoint), endpoint.url) is DeliveryFailure.CERTIFICATE
    assert endpoint.requests == []


def _silent(received: Receiver) -> None:
    received.is_silent = True


def _drips(received: Receiver) -> None:
    received.drips = True


@pytest.mark.parametrize("misbehave", [_silent, _drips])
def test_whoever_does_not_answer_in_time_is_left(
    endpoint: Receiver, misbehave: Callable[[Receiver], None]
) -> None:
    misbehave(endpoint)

    # Time enough for a slow machine to send the request.
    failure = failure_of(poster_to(endpoint, answer_within=3), endpoint.url)

    assert failure is DeliveryFailure.TIMEOUT
    assert len(endpoint.requests) == 1


def test_a_name_whose_servers_do_not_answer_is_left() -> None:
    over = threading.Event()

    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        over.wait(10)
        return []

    poster = Poster(guard=Guard(), resolve=resolve, resolve_within=0.2)
    assert failure_of(poster, f"https://{HOST}/") is DeliveryFailure.TIMEOUT
    over.set()


def test_the_handshake_is_part_of_the_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # takes connections, says nothing
        port = listening.getsockname()[1]
        received = Receiver(port)

        failure = failure_of(poster_to(received, answer_within=0.2), received.url)

    assert failure is DeliveryFailure.TIMEOUT


def test_no_body_of_an_answer_is_read(endpoint: Receiver) -> None:
    endpoint.floods, endpoint.statuses = True, [200]

    assert poster_to(endpoint).post(endpoint.url, b"{}", {}) == 200


def test_nobody_there(deserted_port: int) -> None:
    received = Receiver(deserted_port)

    assert failure_of(poster_to(received), received.url) is DeliveryFailure.NO_CONNECTION


def test_a_name_that_nobody_has() -> None:
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    poster = Poster(guard=Guard(), resolve=resolve)
    assert failure_of(poster, f"https://{HOST}/") is DeliveryFailure.UNKNOWN_HOST
    poster = Poster(guard=Guard(), resolve=Resolver([]))
    assert failure_of(poster, f"https://{HOST}/") is DeliveryFailure.UNKNOWN_HOST


def test_an_answer_without_tls_is_none() -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        received = Receiver(server.server_port)

        assert failure_of(poster_to(received), received.url) is DeliveryFailure.NO_ANSWER
        thread.join()


def test_no_threads_stay(endpoint: Receiver) -> None:
    before = set(threading.enumerate())  # pytest's clock for tests that hang is one

    poster_to(endpoint).post(endpoint.url, b"{}", {})

    others = set(threading.enumerate()) - before
    assert not [each for each in others if isinstance(each, threading.Timer)]

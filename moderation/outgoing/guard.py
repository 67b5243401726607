"""Where an address that somebody typed may lead: to the public internet, over https.

Guards the network of the server against whoever may name an address (server-side request
forgery: OWASP, "SSRF Prevention Cheat Sheet", case 2). A name is resolved once, by whoever sends,
and what it resolves to is judged here; the connection then goes to that very address.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

import idna

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

URL_MAX = 2_000  # characters
# What a request line can carry as it stands: printable ASCII without space.
PRINTABLE = re.compile(r"[!-~]+")
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*")
# All that is given out as global unicast (IANA, "IPv6 Global Unicast Address Space").
GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # NAT64 (RFC 6052), what DNS64 answers


class Endpoint(NamedTuple):
    """A parsed address: whom to connect to, and what to ask for there."""

    host: str
    """A name in ASCII, or an IP address without brackets."""
    port: int
    target: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """What the Host header says (RFC 9110, section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 443 else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, as it is kept."""
        return f"https://{self.authority}{self.target}"


@dataclass(frozen=True, kw_only=True)
class Guard:
    """What the operator allows. Without exceptions: public addresses, port 443."""

    hosts: frozenset[str] = frozenset()
    """Names that may stand for any address."""
    networks: tuple[Network, ...] = ()
    """Addresses that may be reached though they are not public."""
    ports: frozenset[int] = frozenset({443})

    def read(self, url: str) -> Endpoint:
        """The parts of an address. Raises ValueError, with a sentence for who typed it."""
        if not url.lower().startswith("https://"):
            raise ValueError("Please enter an address that begins with https://.")
        if len(url) > URL_MAX:
            raise ValueError(f"Please use at most {URL_MAX:,} characters.")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or 443
        except ValueError:
            raise ValueError("This is no address.") from None
        if "@" in parts.netloc:
            raise ValueError("Please leave user and password out of the address.")
        if parts.fragment:
            raise ValueError("Please leave out what follows the #: no server ever sees it.")
        endpoint = Endpoint(_ascii(host), port, _target(parts.path, parts.query))
        if port not in self.ports:
            raise ValueError(f"Port {port} is not allowed here.")
        literal = _literal(endpoint.host)
        if literal is not None and not self.allows(endpoint.host, literal):
            raise ValueError("This address is not public.")
        return endpoint

    def allows(self, host: str, address: Address) -> bool:
        """Whether a connection for this host may go to this address, which it resolved to."""
        inner = embedded(address)
        if host in self.hosts:
            return True
        if any(each in network for network in self.networks for each in (address, inner)):
            return True
        return is_public(inner)


def read_exceptions(text: str) -> tuple[frozenset[str], tuple[Network, ...]]:
    """Host names and networks of a list with commas between. Raises ValueError, which names one."""
    hosts, networks = set(), []
    for entry in filter(None, (each.strip().lower() for each in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            if "/" in entry or not HOST.fullmatch(entry) or entry.replace(".", "").isdigit():
                raise ValueError("holds something that is no host name and no network") from None
            hosts.add(entry)
    return frozenset(hosts), tuple(networks)


def read_ports(text: str) -> frozenset[int]:
    """Port numbers of a list with commas between. Raises ValueError."""
    words = [each.strip() for each in text.split(",")]
    if not all(word.isdecimal() and 0 < int(word) < 65_536 for word in words):
        raise ValueError("must be port numbers such as 443, 8443")
    return frozenset(map(int, words))


def is_public(address: Address) -> bool:
    """Whether anybody on the internet is reached there, rather than somebody of this network."""
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_UNICAST:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def embedded(address: Address) -> Address:
    """The IPv4 address that an IPv6 one leads to by itself; otherwise the same address."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _ascii(host: str) -> str:
    """A host as the resolver and the certificate have it. Raises ValueError."""
    if _literal(host) is not None:
        return host
    try:
        name = host if host.isascii() else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError:
        name = ""
    name = name.removesuffix(".")
    if len(name) > 253 or not HOST.fullmatch(name):
        raise ValueError("This address names no host.")
    return name


def _target(path: str, query: str) -> str:
    target = (path or "/") + (f"?{query}" if query else "")
    if not PRINTABLE.fullmatch(target):
        raise ValueError("Please write spaces and letters with accents as %… in the address.")
    return target

"""Addresses of readers, cut before anything is done with them: a /24 or a /48, never one host."""

import ipaddress

PREFIXES = {4: 24, 6: 48}


def range_of(address: str | None) -> str | None:
    """The /24 (IPv4, mapped or not) or /48 (IPv6) that an address or range lies in.

    None for what is no address, and for a range wider than that.
    """
    try:
        network = ipaddress.ip_network((address or "").partition("%")[0], strict=False)
    except ValueError:
        return None
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        narrow = f"{network.network_address.ipv4_mapped}/{network.prefixlen - 96}"
        return range_of(narrow)
    prefix = PREFIXES[network.version]
    if network.prefixlen < prefix:
        return None
    return str(network.supernet(new_prefix=prefix))


def mask_range(address_range: str) -> str:
    """A range as people who need not know it see it: `203.0.•••/24`, `2001:db8:•••/48`."""
    network = ipaddress.ip_network(address_range)
    sign = "." if network.version == 4 else ":"
    first, second = str(network.network_address).split(sign)[:2]
    return f"{first}{sign}{second}{sign}•••/{network.prefixlen}"

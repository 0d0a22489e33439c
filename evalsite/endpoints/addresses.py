"""Which network addresses may be called: public ones, and what the operator allows.

An entry of OUTBOUND_ALLOW is a host name, an address or a network, each with an optional port:
`models.internal`, `localhost:11434`, `10.1.0.0/16:8000`, `[::1]:8080`, `10.0.0.5:*`. Without a
port it allows 80 and 443.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_network,
)
from typing import Final, NamedTuple

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

WEB_PORTS: Final = frozenset({80, 443})
# Python calls these global, and each leads to an IPv4 address, or to none that is public.
_NOT_PUBLIC: Final = tuple(
    ip_network(text)
    for text in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",  # NAT64, local use
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "fec0::/10",  # site-local
        "192.88.99.0/24",  # 6to4 relays
    )
)


class Allowed(NamedTuple):
    """One entry of the operator's list: a host name, or a network; no `ports` are all ports."""

    ports: frozenset[int]
    host: str = ""
    network: Network | None = None

    def opens(self, port: int) -> bool:
        """Answer whether the entry is about this port."""
        return not self.ports or port in self.ports


def parse_allowed(entries: Iterable[str]) -> tuple[Allowed, ...]:
    """Read the operator's list; raises ValueError naming the entry that is none."""
    return tuple(_parse(entry.strip()) for entry in entries)


def is_public(address: Address) -> bool:
    """Answer whether everybody on the internet would mean the same machine by this address."""
    if address.is_multicast or not address.is_global:
        return False
    return not any(address in network for network in _NOT_PUBLIC)


def may_call(host: str, address: Address, *, port: int, allowed: Sequence[Allowed]) -> bool:
    """Answer whether a host that resolved to this address may be called there.

    A name on the list stands for its public and private addresses, never for link-local ones,
    where clouds keep their credentials: those must be allowed as addresses.
    """
    if is_public(address) and port in WEB_PORTS:
        return True
    for entry in allowed:
        if not entry.opens(port):
            continue
        if entry.network is not None and address in entry.network:
            return True
        if entry.host == host and _stands_behind_a_name(address):
            return True
    return False


def plain_host(host: str) -> str:
    """Answer a host's name as it is compared: lower case, without brackets and last dot."""
    return host.strip("[]").rstrip(".").lower()


def _stands_behind_a_name(address: Address) -> bool:
    if address.is_loopback:
        return True
    if any(address in network for network in _NOT_PUBLIC):
        return False
    return not (address.is_link_local or address.is_multicast or address.is_unspecified)


def _parse(entry: str) -> Allowed:
    place, port = _split(entry)
    if port not in ("", "*") and not 0 < int(port) < 65536:
        raise ValueError(f"{entry!r} has no such port")
    ports = frozenset() if port == "*" else frozenset({int(port)}) if port else WEB_PORTS
    try:
        return Allowed(ports, network=ip_network(place.strip("[]")))
    except ValueError:
        if not re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", plain_host(place)):
            raise ValueError(f"{entry!r} is no host, address or network") from None
    return Allowed(ports, host=plain_host(place))


def _split(entry: str) -> tuple[str, str]:
    """Part an entry at its port; a bare IPv6 address or network has none."""
    if entry.count(":") > 1 and not entry.startswith("["):
        return entry, ""
    found = re.fullmatch(r"(\[[^\[\]]+\]|[^:\[\]]+)(?::(\*|\d{1,5}))?", entry)
    if found is None:
        raise ValueError(f"{entry!r} is no host, address or network")
    return found[1], found[2] or ""

"""Whose an address is: what failures and rates are counted by."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

# One household or server owns at least so much of the version 6 address space.
_OWN_BITS: Final = 64


def sender(address: str) -> str:
    """Answer what of an address belongs to one sender: the whole of version 4, half of 6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is None:
        return str(ip_network((parsed, _OWN_BITS), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)

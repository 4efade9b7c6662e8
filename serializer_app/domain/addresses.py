"""Which addresses of the merchant's systems we may call: none inside our own walls (SSRF). Pure.

A merchant names the address, so it must not be a way to reach what only we can reach: private networks, this machine,
the metadata service of a cloud. Names are resolved and checked when the connection is made, not before.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

LONGEST = 2000

_LOOPBACK_NAMES = {"localhost", "127.0.0.1", "::1"}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def problem(url: str, *, loopback: bool) -> str | None:
    """What keeps ``url`` from being an endpoint, or None. ``loopback``: the app itself runs there (demo, tests)."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        return f"It must have at most {LONGEST} ASCII characters and no spaces"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "It is no URL"
    local = loopback and host in _LOOPBACK_NAMES
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        return "It must begin with https://"
    if not host or parts.username is not None or parts.password is not None or port == 0:
        return "It must have a host, and neither a user nor a password"
    try:
        literal = ipaddress.ip_address(host)
    except ValueError:
        return None if "." in host or local else "Its host must be a public name"
    return None if is_allowed(str(literal), loopback=loopback) else "It must not point into a private network"


def is_allowed(address: str, *, loopback: bool) -> bool:
    """Whether a connection to this IP address may be made: public ones, this machine only where ``loopback``."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            # The same machine by another name: what is refused as IPv4 is refused inside IPv6.
            return is_allowed(str(inner), loopback=False)
    if ip.is_loopback:
        return loopback
    return ip.is_global and not ip.is_multicast and not ip.is_reserved

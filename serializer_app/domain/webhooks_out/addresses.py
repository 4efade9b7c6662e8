"""Which addresses of a merchant's systems we may call: public ones only (SSRF). Pure.

A merchant names the address, so it must not be a way to reach what only we can reach: private networks, this machine,
the metadata service of a cloud. Names are resolved and checked when the connection is made (sync.outside).
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from serializer_app.config import LOOPBACK_NAMES

LONGEST = 2000

_NETWORKS = (
    # IANA's registry of special-purpose IPv4 addresses, and multicast.
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",  # Oracle's cloud has its metadata service at 192.0.0.192
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    # A public address that leads to the host of a virtual machine: Azure's platform services.
    "168.63.129.16/32",
    # The same registry for IPv6, of what lies inside 2000::/3: Teredo and 6to4 reach an IPv4 address of any kind.
    "2001::/23",
    "2001:db8::/32",
    "2002::/16",
    "2620:4f:8000::/48",
    "3fff::/20",
)
_REFUSED = {
    version: [network for network in map(ipaddress.ip_network, _NETWORKS) if network.version == version]
    for version in (4, 6)
}
_UNICAST = ipaddress.ip_network("2000::/3")
"""All IPv6 addresses that are assigned to the Internet. Whatever lies outside is special or unassigned."""
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
    local = loopback and host in LOOPBACK_NAMES
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
    if ip.is_loopback:
        return loopback
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            # The same machine under another address: what is refused as IPv4 is refused inside IPv6.
            return is_allowed(str(inner), loopback=False)
        if ip not in _UNICAST:
            return False
    return ip.is_global and not any(ip in network for network in _REFUSED[ip.version])

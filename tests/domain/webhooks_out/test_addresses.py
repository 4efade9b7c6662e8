"""Addresses that merchants name: only public ones, by whatever name they come."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, strategies

from serializer_app.domain.webhooks_out import addresses

PRIVATE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "192.0.2.1",
    "198.18.0.1",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::1",
    "2001:db8::1",
    "192.0.0.192",
    "192.0.0.9",
    "168.63.129.16",
    "192.88.99.1",
    "203.0.113.9",
    "fec0::1",
    "fe80::1",
    "3fff::1",
    "3fff:fff:ffff::1",
    "5f00::1",
    "100::1",
    "100:0:0:1::1",
    "4000::1",
    "::5db8:d822",
    "::ffff:168.63.129.16",
    "64:ff9b::a83f:8110",
    "64:ff9b::c000:c0",
    "64:ff9b:1::5db8:d822",
    "2002:5db8:d822::1",
    "2001:0:5db8:d822::1",
    "2001:20::1",
    "2001:10::1",
    "2620:4f:8000::1",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_nothing_inside_our_walls_is_called(address: str) -> None:
    assert not addresses.is_allowed(address, loopback=False)
    host = f"[{address}]" if ":" in address else address
    assert addresses.problem(f"https://{host}/hook", loopback=False) is not None


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"]
)
def test_public_addresses_are_called(address: str) -> None:
    assert addresses.is_allowed(address, loopback=False)


@given(strategies.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_refused_in_every_form_that_ipv6_has_for_it(number: int) -> None:
    plain = addresses.is_allowed(str(IPv4Address(number)), loopback=False)
    mapped, translated = IPv6Address((0xFFFF << 32) + number), IPv6Address((0x64FF9B << 96) + number)
    assert addresses.is_allowed(str(mapped), loopback=False) == plain
    assert addresses.is_allowed(str(translated), loopback=False) == plain
    compatible, six_to_four = IPv6Address(number), IPv6Address((0x2002 << 112) + (number << 80))
    assert not addresses.is_allowed(str(compatible), loopback=False)
    assert not addresses.is_allowed(str(six_to_four), loopback=False)


@given(strategies.one_of(strategies.ip_addresses(v=4), strategies.ip_addresses(v=6)))
def test_what_python_knows_to_be_special_is_refused(address: IPv4Address | IPv6Address) -> None:
    special = not address.is_global or address.is_multicast or address.is_reserved or address.is_loopback
    if special and not (isinstance(address, IPv6Address) and address.ipv4_mapped):
        assert not addresses.is_allowed(str(address), loopback=False) or address in ip_network("64:ff9b::/96")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1"])
def test_this_machine_is_called_only_by_an_app_that_runs_on_it(address: str) -> None:
    assert addresses.is_allowed(address, loopback=True)
    assert not addresses.is_allowed("10.0.0.1", loopback=True)
    assert not addresses.is_allowed("::ffff:127.0.0.1", loopback=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://example.com/hook",
        "ftp://example.com",
        "https://",
        "https:///hook",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://localhost/",
        "https://intranet/hook",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://exämple.com/",
        "https://[::1/",
        "https://example.com/" + "x" * 2000,
    ],
)
def test_what_is_no_public_https_address_is_refused(url: str) -> None:
    assert addresses.problem(url, loopback=False) is not None


def test_https_with_a_public_name_is_taken() -> None:
    assert addresses.problem("https://hooks.example.com:8443/in?x=1", loopback=False) is None
    assert addresses.problem("http://127.0.0.1:8001/in", loopback=True) is None
    assert addresses.problem("http://localhost/in", loopback=True) is None
    assert addresses.problem("http://10.0.0.1/in", loopback=True) is not None

"""Addresses that anybody may be sent to, and those that nobody may."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tollgate.stores.addresses import is_public

_INSIDE_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
_INSIDE_V6 = ["::/8", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8", "2001:db8::/32", "2001::/32", "64:ff9b:1::/48"]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.1.2.3",
        "100.100.100.200",
        "168.63.129.16",
        "169.254.169.254",
        "169.254.170.2",
        "192.0.0.192",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:8.8.8.8",
        "::ffff:127.0.0.1",
        "::8.8.8.8",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "2606:4700::1%eth0",
        "ff02::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "100.63.255.255",
        "172.32.0.1",
        "2606:4700:4700::1111",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.data(), st.sampled_from([*_INSIDE_V4, *_INSIDE_V6]))
def test_nothing_in_a_network_inside_is_public(data: st.DataObject, network: str) -> None:
    kind = (IPv6Network if ":" in network else IPv4Network)(network)
    offset = data.draw(st.integers(0, kind.num_addresses - 1))

    assert not is_public(kind[offset])


@given(st.ip_addresses())
@example(IPv4Address("192.31.196.1"))
def test_what_is_public_is_global_and_unicast_for_the_standard_library_too(
    address: IPv4Address | IPv6Address,
) -> None:
    if is_public(address) and not str(address).startswith(("2002:", "64:ff9b:")):
        assert address.is_global
        assert not any((address.is_multicast, address.is_reserved, address.is_loopback, address.is_link_local))


@given(st.ip_addresses(v=4))
@example(IPv4Address("169.254.169.254"))
def test_a_way_to_an_ipv4_address_is_as_public_as_the_address(address: IPv4Address | IPv6Address) -> None:
    translated = IPv6Address(int(IPv6Address("64:ff9b::")) + int(address))
    tunnelled = IPv6Address(int(IPv6Address("2002::")) + (int(address) << 80) + 1)
    mapped = IPv6Address(int(IPv6Address("::ffff:0:0")) + int(address))

    assert (is_public(translated), is_public(tunnelled)) == (is_public(address), is_public(address))
    assert not is_public(mapped)

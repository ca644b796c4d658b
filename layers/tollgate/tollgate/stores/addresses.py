"""Which addresses of the internet anybody may be sent to."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

Address = IPv4Address | IPv6Address

# https://www.iana.org/assignments/iana-ipv4-special-registry
_NOT_PUBLIC_V4: Final = (
    "0.0.0.0/8",  # this network
    "10.0.0.0/8",  # private
    "100.64.0.0/10",  # carriers, and Alibaba's metadata
    "127.0.0.0/8",  # loopback
    "168.63.129.16/32",  # Azure's own services, reachable from its machines under a public address
    "169.254.0.0/16",  # link-local, and the metadata of AWS, Azure and Google
    "172.16.0.0/12",  # private
    "192.0.0.0/24",  # protocol assignments, and Oracle's metadata
    "192.0.2.0/24",  # documentation
    "192.88.99.0/24",  # relays from IPv6
    "192.168.0.0/16",  # private
    "198.18.0.0/15",  # benchmarks
    "198.51.100.0/24",  # documentation
    "203.0.113.0/24",  # documentation
    "224.0.0.0/4",  # multicast
    "240.0.0.0/4",  # reserved, and broadcast
)
# https://www.iana.org/assignments/iana-ipv6-special-registry: what is in use is below 2000::/3, but for these.
_IN_USE_V6: Final = "2000::/3"
_NOT_PUBLIC_V6: Final = (
    "2001::/23",  # protocol assignments, Teredo among them
    "2001:db8::/32",  # documentation
    "3fff::/20",  # documentation
)
# Ways to an IPv4 address: how many bits stand after it.
_INTO_V4: Final = (("2002::/16", 80), ("64:ff9b::/96", 0))


def is_public(address: Address) -> bool:
    """Whether an address is one that the whole internet reaches, and nothing on or around this machine.

    An IPv6 address that leads to an IPv4 one is as public as that; one that merely spells an IPv4 address is not.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _networks_v4())
    for network, bits_after in _ways_into_v4():
        if address in network:
            return is_public(IPv4Address(int(address) >> bits_after & 0xFFFFFFFF))
    in_use, *excepted = _networks_v6()
    return address.scope_id is None and address in in_use and not any(address in network for network in excepted)


@cache
def _networks_v4() -> tuple[IPv4Network, ...]:
    return tuple(map(IPv4Network, _NOT_PUBLIC_V4))


@cache
def _networks_v6() -> tuple[IPv6Network, ...]:
    return tuple(map(IPv6Network, (_IN_USE_V6, *_NOT_PUBLIC_V6)))


@cache
def _ways_into_v4() -> tuple[tuple[IPv6Network, int], ...]:
    return tuple((IPv6Network(network), bits_after) for network, bits_after in _INTO_V4)

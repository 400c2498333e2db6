"""Who is at the other end: the peer itself, or whom a trusted proxy speaks for."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

from ticketpen.settings import SettingsError, comma_list

Address: TypeAlias = IPv4Address | IPv6Address

FORWARDED_FOR = b"x-forwarded-for"
FORWARDED_PROTO = b"x-forwarded-proto"


class Proxies:
    """The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."""

    def __init__(self, trusted: str) -> None:
        """`trusted` is a comma list of addresses and networks. Raises SettingsError."""
        try:
            self._networks = [ip_network(item, strict=False) for item in comma_list(trusted)]
        except ValueError as error:
            raise SettingsError(f"TICKETPEN_TRUSTED_PROXIES: {error}") from None
        self.is_trusted = lru_cache(maxsize=4096)(self._is_trusted)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def client_of(self, peer: str, headers: Mapping[bytes, bytes]) -> str:
        """The address nearest to us that is no trusted proxy; `peer` is trusted.

        Every proxy appends the address it was called from, so the list is read from its right
        end and never further than trust goes: what is left of that, the client may have written."""
        nearest = peer
        for entry in reversed(headers.get(FORWARDED_FOR, b"").decode("latin-1").split(",")):
            address = _without_port(entry.strip())
            if _find_address(address) is None:
                break
            nearest = address
            if not self.is_trusted(address):
                break
        return nearest

    def scheme_of(self, headers: Mapping[bytes, bytes]) -> str | None:
        """`http` or `https` as the nearest proxy says (the last item), or None."""
        said = headers.get(FORWARDED_PROTO, b"").rpartition(b",")[2].strip().lower()
        return said.decode() if said in (b"http", b"https") else None

    def _is_trusted(self, address: str) -> bool:
        found = _find_address(address)
        return found is not None and any(found in network for network in self._networks)


def _find_address(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A dual-stack socket shows an IPv4 peer as ::ffff:192.0.2.1.
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def _without_port(entry: str) -> str:
    """`192.0.2.1:80` → `192.0.2.1`, `[2001:db8::1]:80` → `2001:db8::1`."""
    if entry.startswith("["):
        return entry[1:].partition("]")[0]
    return entry.partition(":")[0] if entry.count(":") == 1 else entry

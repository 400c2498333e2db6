import json

import pytest

from tests.edge.make import behind_edge, call, looking
from ticketpen.settings import SettingsError

CLOUD = "10.0.0.0/8, 192.0.2.1, fd00::/8"


async def client(
    peer: str | None, *forwarded: str, trusted: str = CLOUD, proto: str | None = None
) -> tuple[str, str | None, str]:
    """The client's address for the app, the one in the ASGI scope, and the scheme."""
    app = behind_edge(
        looking(lambda s: [s["ticketpen.client"], s["client"] and s["client"][0], s["scheme"]]),
        trusted_proxies=trusted,
    )
    headers = [("X-Forwarded-For", value) for value in forwarded]
    if proto is not None:
        headers.append(("X-Forwarded-Proto", proto))
    answer = await call(app, headers=headers, client=peer and (peer, 4711))
    ours, scope, scheme = json.loads(answer.body)
    return ours, scope, scheme


async def test_without_trusted_proxies_the_peer_is_the_client() -> None:
    assert await client("192.0.2.1", "198.51.100.7", trusted="", proto="https") == (
        "192.0.2.1", "192.0.2.1", "http",
    )  # fmt: skip


async def test_a_stranger_cannot_speak_for_others() -> None:
    assert await client("203.0.113.9", "198.51.100.7", proto="https") == (
        "203.0.113.9", "203.0.113.9", "http",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", ["6.6.6.6, 198.51.100.7, 10.9.9.9"], "198.51.100.7"),
        ("10.1.2.3", ["6.6.6.6", "198.51.100.7", "10.9.9.9"], "198.51.100.7"),
        ("10.1.2.3", ["10.0.0.5, 10.0.0.6"], "10.0.0.5"),
        ("10.1.2.3", ["198.51.100.7:5566"], "198.51.100.7"),
        ("10.1.2.3", ["[2001:db8::7]:5566"], "2001:db8::7"),
        ("10.1.2.3", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["2001:db8::7"], "2001:db8::7"),
        ("::ffff:10.1.2.3", ["198.51.100.7"], "198.51.100.7"),
        ("10.1.2.3", ["198.51.100.7, junk"], "10.1.2.3"),
        ("10.1.2.3", ["198.51.100.7, unknown, 10.0.0.6"], "10.0.0.6"),
        ("10.1.2.3", [""], "10.1.2.3"),
        ("10.1.2.3", ["<script>"], "10.1.2.3"),
        ("10.1.2.3", [], "10.1.2.3"),
    ],
)
async def test_a_trusted_proxy_is_believed_as_far_as_trust_goes(
    peer: str, forwarded: list[str], expected: str
) -> None:
    assert (await client(peer, *forwarded))[:2] == (expected, expected)


@pytest.mark.parametrize(
    ("proto", "scheme"),
    [
        ("https", "https"), ("HTTPS", "https"), ("http", "http"), ("https, http", "http"),
        ("http,https", "https"), ("ftp", "http"), ("", "http"), (None, "http"),
    ],
)  # fmt: skip
async def test_the_nearest_proxy_says_which_scheme_it_was(proto: str | None, scheme: str) -> None:
    assert (await client("10.1.2.3", "198.51.100.7", proto=proto))[2] == scheme


async def test_a_server_that_knows_no_peer_gives_no_client() -> None:
    assert (await client(None, "198.51.100.7"))[:2] == ("", None)


async def test_trusted_proxies_that_are_no_addresses_are_a_settings_error() -> None:
    with pytest.raises(SettingsError, match="TICKETPEN_TRUSTED_PROXIES"):
        behind_edge(looking(str), trusted_proxies="10.0.0.0/8, proxy.example.com")

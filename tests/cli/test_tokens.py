"""`ticketpen token`."""

import pytest

from tests.cli.conftest import Terminal
from ticketpen.clock import SECOND, now
from ticketpen.identity.caller import Role
from ticketpen.identity.jwt import LEEWAY, Verifier
from ticketpen.settings import load_settings


def test_a_token_and_nothing_else_is_printed(bare_terminal: Terminal) -> None:
    done = bare_terminal.run(
        "token",
        "--user-id",
        "ada",
        "--name",
        "Ada",
        "--email",
        "ada@example.com",
        "--role",
        "admin",
    )

    verified = Verifier.from_settings(load_settings()).verify(done.out.removesuffix("\n"))
    assert done.err == ""
    assert (verified.id, verified.name, verified.email) == ("ada", "Ada", "ada@example.com")
    assert verified.role is Role.ADMIN


@pytest.mark.parametrize(
    ("ttl", "seconds"),
    [((), 3600), (("--ttl", "90"), 90), (("--ttl", "90s"), 90), (("--ttl", "15m"), 900),
     (("--ttl", "2h"), 7200), (("--ttl", "30d"), 2_592_000)],
)  # fmt: skip
def test_a_token_ends_when_it_was_asked_to(
    bare_terminal: Terminal, ttl: tuple[str, ...], seconds: int
) -> None:
    before = now()

    token = bare_terminal.answer("token", "--user-id", "ada", *ttl)

    verified = Verifier.from_settings(load_settings()).verify(token)
    left = (verified.expires_at - LEEWAY - before) // SECOND
    assert seconds - 2 <= left <= seconds + 30
    assert verified.role is Role.USER


@pytest.mark.parametrize("ttl", ["", "0", "-5", "1w", "1.5h", "99999d", "soon"])
def test_a_time_that_is_none_is_refused(bare_terminal: Terminal, ttl: str) -> None:
    told = bare_terminal.refusal("token", "--user-id", "ada", f"--ttl={ttl}", code=2)

    assert "90s, 15m, 1h or 30d" in told


@pytest.mark.parametrize("user_id", ["", " ", "x" * 256, "a\nb"])
def test_an_id_that_the_server_would_refuse_gets_no_token(
    bare_terminal: Terminal, user_id: str
) -> None:
    assert "`sub`" in bare_terminal.refusal("token", "--user-id", user_id)


def test_a_secret_is_required_where_there_is_none_to_make(bare_terminal: Terminal) -> None:
    bare_terminal.set(database_url="postgresql://nowhere/x")

    assert "TICKETPEN_SECRET is required" in bare_terminal.refusal("token", "--user-id", "ada")

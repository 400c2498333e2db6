"""`token`: a bearer token for trying things out, signed as a host would sign it."""

import re
from typing import Annotated, Final, Literal

import typer

_UNITS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_LONGEST: Final = 3_660 * 86_400


def read_ttl(text: str) -> int:
    """Seconds from `90`, `90s`, `15m`, `1h` or `30d`. Raises BadParameter."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text.strip())
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 1 <= seconds <= _LONGEST:
        raise typer.BadParameter("must be a time such as 90s, 15m, 1h or 30d, ten years at most")
    return seconds


UserId = Annotated[str, typer.Option(help="The person's id in your product.")]
Name = Annotated[str | None, typer.Option(help="The person's name.")]
Email = Annotated[str | None, typer.Option(help="The person's e-mail address.")]
RoleName = Annotated[Literal["user", "admin"], typer.Option(help="What the person is.")]
Ttl = Annotated[
    int, typer.Option(parser=read_ttl, metavar="TIME", help="How long it is valid: 90s, 15m, 30d.")
]


def print_token(
    user_id: UserId,
    name: Name = None,
    email: Email = None,
    role: RoleName = "user",
    ttl: Ttl = "1h",  # type: ignore[assignment]  # parsed as if it was typed
) -> None:
    """Print a token for a person, and nothing else."""
    from ticketpen.identity.caller import Role
    from ticketpen.identity.jwt import Verifier, issue_token
    from ticketpen.settings import load_settings

    settings = load_settings()
    token = issue_token(
        settings, user_id=user_id, name=name, email=email, role=Role(role), ttl_seconds=ttl
    )
    # A token that the server would refuse is not given out.
    Verifier.from_settings(settings).verify(token)
    typer.echo(token)

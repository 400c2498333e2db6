"""`key`: API keys, by whoever holds the server."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from ticketpen.cli.access import with_database
from ticketpen.cli.output import print_json, print_note, print_table, shown_moment
from ticketpen.cli.people import find_person

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.identity.caller import Scope
    from ticketpen.identity.queries import ApiKey

app: Final = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)

Person = Annotated[str, typer.Option(metavar="ID|EMAIL", help="Whom the key acts as.")]
Scopes = Annotated[
    str,
    typer.Option(
        metavar="LIST",
        help="What it may do: a comma list of tickets:read, tickets:write, settings:read, "
        "settings:write.",
    ),
]
Name = Annotated[str, typer.Option(help="What it is for.")]
KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id (`ticketpen key list`).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("create")
def create(person: Person, scopes: Scopes, name: Name = "API key", as_json: AsJson = False) -> None:
    """Make a key. It is the last line printed, and is never shown again."""
    from ticketpen.identity.api_keys import NewKey, create_key
    from ticketpen.text import clean_line

    granted = _read_scopes(scopes)
    cleaned = clean_line("name", name, 255)

    async def find_and_create(database: "Database") -> "tuple[ApiKey, str]":
        owner = await find_person(database, person)
        return await create_key(database, NewKey(owner.id, cleaned, granted))

    key, secret = with_database(find_and_create)
    if as_json:
        print_json(_shown(key) | {"secret": secret})
    else:
        print_note(f"Key {key.id}; keep it now, it is never shown again:")
        typer.echo(secret)


@app.command("list")
def list_all(as_json: AsJson = False) -> None:
    """Show all keys, revoked ones too."""
    from ticketpen.identity.api_keys import list_keys

    keys = with_database(list_keys)
    if as_json:
        print_json([_shown(key) for key in keys])
    elif keys:
        print_table(
            ("ID", "NAME", "BEGINS", "ACTS AS", "SCOPES", "MADE", "REVOKED"),
            [
                (
                    *(key.id, key.name, f"{key.hint}…", key.person_id, key.scopes),
                    *(shown_moment(key.created_at), shown_moment(key.revoked_at)),
                )
                for key in keys
            ],
        )


@app.command("revoke")
def revoke(key_id: KeyId) -> None:
    """End a key at once."""
    from ticketpen.identity.api_keys import revoke_key

    with_database(lambda database: revoke_key(database, key_id))


def _read_scopes(text: str) -> "frozenset[Scope]":
    from ticketpen.identity.caller import Scope

    words = [word for word in text.replace(",", " ").split() if word]
    try:
        granted = frozenset(Scope(word) for word in words)
    except ValueError:
        granted = frozenset()
    if not granted:
        raise typer.BadParameter(f"must be a comma list of {', '.join(Scope)}")
    return granted


def _shown(key: "ApiKey") -> dict[str, object]:
    from ticketpen.clock import rfc3339

    return {
        "id": key.id,
        "name": key.name,
        "person_id": key.person_id,
        "scopes": key.scopes.split(),
        "hint": key.hint,
        "created_at": rfc3339(key.created_at),
        "revoked_at": None if key.revoked_at is None else rfc3339(key.revoked_at),
    }

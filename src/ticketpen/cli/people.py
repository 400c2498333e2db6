"""`user`: accounts, by whoever holds the server."""

import sys
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from ticketpen.cli.access import with_database
from ticketpen.cli.output import print_json, print_note, print_table, shown_moment

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.people.accounts import Change
    from ticketpen.people.queries import Person

app: Final = typer.Typer(help="Add people and change what they may do.", no_args_is_help=True)

RoleName = Literal["user", "admin"]
Email = Annotated[str, typer.Option(help="E-mail address to log in with.")]
Name = Annotated[
    str | None, typer.Option(help="Name that others see.", show_default="what stands before the @")
]
RoleOption = Annotated[RoleName, typer.Option(help="What the person is.")]
RoleArgument = Annotated[RoleName, typer.Argument(help="What the person is to be.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]
WithoutPassword = Annotated[
    bool, typer.Option("--no-password", help="The person logs in elsewhere, or acts by keys.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Target = Annotated[str, typer.Argument(metavar="ID|EMAIL", help="Whom.")]
Search = Annotated[str, typer.Option(help="Part of a name or address, or an id.")]
Limit = Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, newest first.")]


@app.command("add")
def add(
    email: Email,
    name: Name = None,
    role: RoleOption = "user",
    password_stdin: FromStdin = False,
    no_password: WithoutPassword = False,
    as_json: AsJson = False,
) -> None:
    """Add a person; their id is the last line printed."""
    from ticketpen.identity.caller import Role
    from ticketpen.people.accounts import NewPerson, add_person, clean_email, clean_name

    if password_stdin and no_password:
        raise typer.BadParameter("--password-stdin and --no-password exclude each other")
    # Before the password is asked for: nobody types it twice in vain.
    email = clean_email(email)
    name = clean_name(email.partition("@")[0] if name is None else name)
    new = NewPerson(
        name=name,
        email=email,
        role=Role(role),
        password=None if no_password else _read_password(from_stdin=password_stdin),
    )
    person = with_database(lambda database: add_person(database, new))
    if as_json:
        print_json(_shown(person))
    else:
        typer.echo(person.id)


@app.command("list")
def list_all(search: Search = "", limit: Limit = 100, as_json: AsJson = False) -> None:
    """Show people, those from your product's tokens too."""
    from ticketpen.people.accounts import Listing, list_people

    listing = Listing(page_size=limit, search=search)
    people, total = with_database(lambda database: list_people(database, listing))
    if as_json:
        print_json([_shown(person) for person in people])
    elif people:
        print_table(("ID", "NAME", "E-MAIL", "ROLE", "LOGS IN", "STATE", "SINCE"), _rows(people))
    if total > len(people):
        print_note(f"{len(people)} of {total}; the rest: --limit {total}")


@app.command("password")
def password(target: Target, password_stdin: FromStdin = False) -> None:
    """Set a person's password; they are logged out everywhere."""
    from ticketpen.people.accounts import set_password

    person = with_database(lambda database: find_person(database, target))
    new = _read_password(from_stdin=password_stdin)
    with_database(lambda database: set_password(database, person.id, new))


@app.command("role")
def role(target: Target, role: RoleArgument) -> None:
    """Make a person an admin, or no longer one."""
    from ticketpen.identity.caller import Role
    from ticketpen.people.accounts import Change

    _change(target, Change(role=Role(role)))


@app.command("disable")
def disable(target: Target) -> None:
    """Refuse a person's sessions, keys and tokens from now on."""
    from ticketpen.people.accounts import Change

    _change(target, Change(disabled=True))


@app.command("enable")
def enable(target: Target) -> None:
    """Let a disabled person in again."""
    from ticketpen.people.accounts import Change

    _change(target, Change(disabled=False))


def _change(target: str, change: "Change") -> None:
    from ticketpen.people.accounts import change_person

    async def find_and_change(database: "Database") -> None:
        person = await find_person(database, target)
        await change_person(database, person.id, change)

    with_database(find_and_change)


async def find_person(database: "Database", target: str) -> "Person":
    """The person with this id, or else the only one with this address, in any case.

    Raises SettingsError when there is none, or more than one."""
    from ticketpen.people.accounts import Listing, list_people
    from ticketpen.people.queries import FIND_PERSON
    from ticketpen.settings import SettingsError

    person = await database.fetch_one(FIND_PERSON, {"id": target})
    if person is not None:
        return person
    found, _ = await list_people(database, Listing(page_size=1_000, search=target))
    meant = [p for p in found if p.email and p.email.casefold() == target.casefold()]
    if not meant:
        raise SettingsError(f"there is nobody with the id or address {target}")
    if len(meant) > 1:
        ids = ", ".join(person.id for person in meant)
        raise SettingsError(f"several people have the address {target}; give one's id: {ids}")
    return meant[0]


def _read_password(*, from_stdin: bool) -> str:
    """A new password: from standard input without its line end, or typed twice.

    Raises SettingsError, Problem `invalid_value`."""
    from getpass import getpass

    from ticketpen.identity.passwords import check_password
    from ticketpen.settings import SettingsError

    if from_stdin:
        return check_password("password", sys.stdin.read().removesuffix("\n").removesuffix("\r"))
    if not sys.stdin.isatty():
        raise SettingsError("there is no terminal to ask for a password; use --password-stdin")
    typed = check_password("password", getpass("Password: "))
    if getpass("Again: ") != typed:
        raise SettingsError("the two passwords differ; nothing was changed")
    return typed


def _shown(person: "Person") -> dict[str, object]:
    from ticketpen.clock import rfc3339

    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "role": person.role,
        "scopes": None if person.scopes is None else person.scopes.split(),
        "has_password": bool(person.has_password),
        "disabled": person.disabled_at is not None,
        "created_at": rfc3339(person.created_at),
    }


def _rows(people: "list[Person]") -> list[tuple[str, ...]]:
    return [
        (
            person.id,
            person.name or "",
            person.email or "",
            person.role,
            "here" if person.has_password else "elsewhere",
            "active" if person.disabled_at is None else "disabled",
            shown_moment(person.created_at),
        )
        for person in people
    ]

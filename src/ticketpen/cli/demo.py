"""`demo`: a server with believable data in a folder of its own, and what to try on it."""

import errno
import shlex
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from ticketpen.cli.access import opened_database, run
from ticketpen.cli.output import print_note

if TYPE_CHECKING:
    from ticketpen.database import Database
    from ticketpen.demo.folder import DemoFolder
    from ticketpen.settings import Settings

HOST: Final = "127.0.0.1"
FOLDER: Final = "ticketpen-demo"
PICTURES: Final = {
    "screenshot.png": "create-key-500.png",
    "screenshot-2.png": "webhook-log.png",
}
TOKENS: Final = "tokens.sh"
USER: Final = "cleo"
ADMIN: Final = "ada"
# They may be known: the demo listens on the loopback address only.
PASSWORDS: Final = {USER: "cleo-asks-nicely", ADMIN: "ada-answers-swiftly"}
_TOKEN_DAYS: Final = 30

Port = Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Forget the demo's data and start again.")]


def run_demo(port: Port = 8321, fresh: Fresh = False) -> None:
    """Serve made-up tickets from ./ticketpen-demo, on this machine only.

    TICKETPEN_* settings of the environment are ignored, and no other data is touched."""
    from ticketpen.demo.folder import claimed_folder
    from ticketpen.server import run_server

    address = f"http://{HOST}:{port}"
    with claimed_folder(Path(FOLDER)) as folder:
        _check_port_is_free(port)
        folder.note_address(address)
        settings = _prepare(folder, address, fresh=fresh)
        tokens = {who: _token(settings, who) for who in (USER, ADMIN)}
        _lay_out(folder, address, tokens)
        open_ticket = run(_find_answerable(settings))
        commands = _commands(folder, address, tokens, open_ticket)
        typer.echo(_welcome(folder, address, tokens, commands))
        sys.stdout.flush()
        run_server(settings, host=HOST, port=port, workers=1, log_format="console")


def _check_port_is_free(port: int) -> None:
    from ticketpen.settings import SettingsError

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return
    # The demo of this folder is not it: it would hold the folder.
    raise SettingsError(
        f"port {port} is used by another program, not by the demo of this folder; take another "
        f"one: ticketpen demo --port {port + 1 if port < 65535 else port - 1}"
    )


def _prepare(folder: "DemoFolder", address: str, *, fresh: bool) -> "Settings":
    """The demo's settings, its story being loaded."""
    if folder.is_loaded and not fresh:
        return folder.settings(address)
    folder.clear()
    settings = folder.settings(address)
    with _progress() as note_progress:
        run(_load(settings, note_progress))
    folder.note_loaded()
    return settings


def _lay_out(folder: "DemoFolder", address: str, tokens: dict[str, str]) -> None:
    """Put down pictures to send, and a file that a shell can read address and tokens from."""
    from ticketpen.demo.loading import SCREENSHOTS

    for name, picture in PICTURES.items():
        shutil.copyfile(SCREENSHOTS / picture, folder.path / name)
    variables = {"API": address, "USER_TOKEN": tokens[USER], "ADMIN_TOKEN": tokens[ADMIN]}
    (folder.path / TOKENS).touch(0o600)
    (folder.path / TOKENS).write_text(
        "".join(f"export {name}={value}\n" for name, value in variables.items())
    )


async def _load(settings: "Settings", note_progress: Callable[[int, int], None]) -> None:
    import msgspec

    from ticketpen.app import make_state
    from ticketpen.demo.loading import load_story

    async with opened_database(settings) as database:
        state = msgspec.structs.replace(make_state(settings), database=database)
        await load_story(state, PASSWORDS, note_progress)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal; a line elsewhere."""
    if not sys.stderr.isatty():
        print_note("Writing the demo's tickets …")
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    with Progress(
        TextColumn("Writing the demo's tickets"),
        BarColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task("story")
        yield lambda done, total: progress.update(task, completed=done, total=total)


async def _find_answerable(settings: "Settings") -> str | None:
    """The id of a ticket that waits for staff, else of one that is not closed, if any is left."""
    async with opened_database(settings, upgrade=True) as database:
        return await _find_ticket(database, True) or await _find_ticket(database, None)


async def _find_ticket(database: "Database", needs_reply: bool | None) -> str | None:
    from ticketpen.cursors import Cursors
    from ticketpen.identity.caller import Caller, Channel, Role
    from ticketpen.tickets.filters import Filters, ListRequest, Order, Sort
    from ticketpen.tickets.finding import list_tickets
    from ticketpen.tickets.ticket import Status

    request = ListRequest(
        filters=Filters(
            statuses=() if needs_reply else (Status.OPEN, Status.IN_PROGRESS, Status.RESOLVED),
            needs_reply=needs_reply,
        ),
        sort=Sort.LAST_MESSAGE_AT,
        order=Order.DESC,
        page=1,
        page_size=1,
        after=None,
        counted=False,
    )
    caller = Caller(ADMIN, None, None, Role.ADMIN, Channel.TOKEN)
    found = await list_tickets(database, caller, request, Cursors(b""))
    return found.tickets[0].id if found.tickets else None


def _commands(
    folder: "DemoFolder", address: str, tokens: dict[str, str], open_ticket: str | None
) -> list[tuple[str, str]]:
    """Titles, and lines for a shell."""
    user = f"-H 'Authorization: Bearer {tokens[USER]}'"
    admin = f"-H 'Authorization: Bearer {tokens[ADMIN]}'"
    upload = shlex.quote(f'files=@"{folder.path / next(iter(PICTURES))}"')
    tickets = f"{address}/api/v1/admin/tickets"
    commands = [
        (
            "Cleo opens a ticket with a screenshot",
            f"curl {address}/api/v1/support/tickets {user} -F 'subject=Cannot create API key' "
            f"-F 'message=I get a 500 error when clicking Create Key.' -F {upload}",
        ),
        (
            "Ada lists what waits for an answer",
            f"curl '{tickets}?needs_reply=true&page_size=5' {admin}",
        ),
    ]
    if open_ticket is not None:
        commands.append(
            (
                "Ada answers one of them",
                f"curl {tickets}/{open_ticket}/messages {admin} -F 'body=We are looking into it.'",
            )
        )
    return commands


def _welcome(
    folder: "DemoFolder",
    address: str,
    tokens: dict[str, str],
    commands: list[tuple[str, str]],
) -> str:
    from ticketpen.demo.story import PEOPLE

    people = {person.id: person for person in PEOPLE}
    accounts = "\n".join(
        f"  {people[who].role:<6} {people[who].email:<28} {PASSWORDS[who]}" for who in PASSWORDS
    )
    lines = "\n\n".join(f"# {title}\n{command}" for title, command in commands)
    return f"""
{_bold("Ticketpen demo")}  {address}
API docs        {address}/docs
Data            {folder.path}  (start again with: ticketpen demo --fresh)

{_bold("Accounts")} (the passwords may be known: the demo listens on {HOST} only)
{accounts}

{_bold("Tokens")}, valid for {_TOKEN_DAYS} days; also in {folder.path / TOKENS}
  user   {tokens[USER]}
  admin  {tokens[ADMIN]}

{_bold("To paste into another terminal")}

{lines}

Stop with Ctrl+C.
"""


def _token(settings: "Settings", who: str) -> str:
    from ticketpen.clock import DAY, SECOND
    from ticketpen.demo.story import PEOPLE
    from ticketpen.identity.caller import Role
    from ticketpen.identity.jwt import issue_token

    person = next(person for person in PEOPLE if person.id == who)
    return issue_token(
        settings,
        user_id=person.id,
        name=person.name,
        email=person.email,
        role=Role(person.role),
        ttl_seconds=_TOKEN_DAYS * DAY // SECOND,
    )


def _bold(text: str) -> str:
    return typer.style(text, bold=True)

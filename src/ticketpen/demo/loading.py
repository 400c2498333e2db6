"""Plays the demo's story through the real deeds, on a clock set back to when things happened."""

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from ticketpen import clock
from ticketpen.attachments.intake import CheckedFile, check_files
from ticketpen.clock import DAY, MINUTE, SECOND, Moment
from ticketpen.database import Database
from ticketpen.demo.story import PEOPLE, STAFF, DemoMessage, DemoPerson, DemoTicket
from ticketpen.demo.tickets import TICKETS
from ticketpen.identity.caller import Caller, Channel, Role, Scope, scopes_text
from ticketpen.people.accounts import Change as PersonChange
from ticketpen.people.accounts import change_person, set_password
from ticketpen.people.profiles import Told, follow_token
from ticketpen.state import AppState
from ticketpen.text import clean_line, clean_text
from ticketpen.tickets.finding import get_any_head, get_any_ticket, get_own_head
from ticketpen.tickets.opening import NewTicket, open_ticket
from ticketpen.tickets.replying import NewReply, reply_as_admin, reply_as_user
from ticketpen.tickets.ticket import MAX_BODY, MAX_SUBJECT, Priority, Status
from ticketpen.tickets.triage import Change, triage_ticket

SCREENSHOTS: Final = Path(__file__).parent / "screenshots"

# How long staff take to set something: all of it fits between two messages of the story.
_AFTER_MESSAGE: Final = 15 * SECOND
_AFTER_OPENING: Final = 100 * SECOND
_AFTER_ALL: Final = 4 * MINUTE
_SPREAD_SECONDS: Final = 40
_PEOPLE_BEFORE: Final = 2 * DAY

_STAFF_IDS: Final = frozenset(person.id for person in STAFF)


class Step(msgspec.Struct, frozen=True):
    """One thing that happens: a message, or a change by staff."""

    moment: Moment
    ticket: DemoTicket
    by: str
    message: DemoMessage | None = None
    change: Change | None = None


async def load_story(
    state: AppState, passwords: Mapping[str, str], note_progress: Callable[[int, int], None]
) -> None:
    """Store the people, then everything they did in the order they did it.

    `passwords`: by person id; the others cannot log in. `note_progress` is told how many steps of
    how many are done. Raises Problem `unavailable`."""
    steps = timeline(TICKETS, clock.now())
    callers = {person.id: _caller(person) for person in PEOPLE}
    ids: dict[DemoTicket, str] = {}
    try:
        _set_clock(Moment(steps[0].moment - _PEOPLE_BEFORE))
        for person in PEOPLE:
            await _add_person(state.database, person, passwords.get(person.id))
        for done, step in enumerate(steps, 1):
            _set_clock(step.moment)
            await _play(state, step, callers[step.by], ids)
            note_progress(done, len(steps))
    finally:
        clock.set_source(None)


def timeline(tickets: Sequence[DemoTicket], present: Moment) -> list[Step]:
    """All steps of all tickets, in the order of their moments."""
    steps = [step for ticket in tickets for step in _steps_of(ticket, present)]
    return sorted(steps, key=lambda step: step.moment)


def _steps_of(ticket: DemoTicket, present: Moment) -> list[Step]:
    opened = present - round(ticket.days_ago * DAY)
    answering = next((m.by for m in ticket.messages if m.by in _STAFF_IDS), STAFF[0].id)
    steps = []
    for place, message in enumerate(ticket.messages):
        moment = Moment(
            opened + message.minutes_after_opening * MINUTE + _spread(ticket.subject, place)
        )
        steps.append(Step(moment, ticket, message.by, message=message))
        if message.then is not None:
            then = Change(status=Status(message.then))
            after = Moment(moment + _AFTER_MESSAGE)
            steps.append(Step(after, ticket, answering, change=then))
    if ticket.priority != "normal":
        urgency = Change(priority=Priority(ticket.priority))
        steps.append(
            Step(Moment(steps[0].moment + _AFTER_OPENING), ticket, answering, change=urgency)
        )
    # Nothing happens where the rules have brought the ticket there already.
    final = Change(status=Status(ticket.final_status))
    end = max(step.moment for step in steps)
    steps.append(Step(Moment(end + _AFTER_ALL), ticket, answering, change=final))
    return steps


def _spread(subject: str, place: int) -> int:
    """Some seconds, always the same ones: nobody writes on the full minute."""
    return zlib.crc32(f"{subject}{place}".encode()) % (_SPREAD_SECONDS * SECOND)


def _set_clock(moment: Moment) -> None:
    clock.set_source(lambda: moment)


async def _play(state: AppState, step: Step, caller: Caller, ids: dict[DemoTicket, str]) -> None:
    if step.change is not None:
        ticket = await get_any_ticket(state.database, caller, ids[step.ticket])
        await triage_ticket(state, caller, ticket, step.change, None)
    elif step.message is not None:
        body = clean_text("message", step.message.body, MAX_BODY)
        files = await _pictures(state, step.message)
        if step.ticket not in ids:
            subject = clean_line("subject", step.ticket.subject, MAX_SUBJECT)
            opened = await open_ticket(state, caller, NewTicket(subject, body, files))
            ids[step.ticket] = opened.id
        elif caller.is_admin:
            head = await get_any_head(state.database, ids[step.ticket])
            await reply_as_admin(state, caller, head, NewReply(body, files))
        else:
            head = await get_own_head(state.database, caller, ids[step.ticket])
            await reply_as_user(state, caller, head, NewReply(body, files))


class _Picture:
    """A file of the story, as if it had been sent."""

    declared_type: str | None = None
    oversized = False

    def __init__(self, name: str) -> None:
        self.name = name
        self._data = (SCREENSHOTS / name).read_bytes()
        self.size = len(self._data)

    def view(self) -> memoryview:
        return memoryview(self._data)


async def _pictures(state: AppState, message: DemoMessage) -> list[CheckedFile]:
    return await check_files([_Picture(name) for name in message.files], state.settings)


async def _add_person(database: Database, person: DemoPerson, password: str | None) -> None:
    # Under the id of the story, as a host's token would bring them; then an account of our own.
    await follow_token(database, Told(person.id, person.name, person.email, person.role), None)
    if person.scopes:
        scopes = frozenset(Scope(word) for word in person.scopes)
        await change_person(database, person.id, PersonChange(scopes=scopes))
    if password is not None:
        await set_password(database, person.id, password)


def _caller(person: DemoPerson) -> Caller:
    scopes = frozenset(Scope(word) for word in person.scopes) if person.scopes else None
    caller = Caller(person.id, person.name, person.email, Role(person.role), Channel.TOKEN)
    if scopes is None:
        return caller
    return msgspec.structs.replace(caller, scopes=scopes, stored_scopes=scopes_text(scopes))

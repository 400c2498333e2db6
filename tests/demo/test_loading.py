"""The story as it lies in the database after it was played."""

from collections import Counter

import msgspec
import pytest

from tests.demo.make import ADA, list_all, read_file, state_for
from ticketpen import clock
from ticketpen.clock import DAY, MINUTE
from ticketpen.database import Database
from ticketpen.demo.loading import SCREENSHOTS, load_story, timeline
from ticketpen.demo.story import PEOPLE
from ticketpen.demo.tickets import TICKETS
from ticketpen.errors import Problem
from ticketpen.identity.login import Credentials, log_in
from ticketpen.people.accounts import get_person
from ticketpen.settings import Settings
from ticketpen.tickets.finding import get_any_ticket
from ticketpen.tickets.ticket import Status, Ticket

PASSWORD = "a long enough password"


async def load(settings: Settings, database: Database) -> dict[str, Ticket]:
    """Play the story; the tickets by subject."""
    await load_story(state_for(settings, database), {"cleo": PASSWORD}, lambda _done, _total: None)
    items = await list_all(database)
    tickets = [await get_any_ticket(database, ADA, item.id) for item in items]
    return {ticket.subject: ticket for ticket in tickets}


async def test_every_ticket_ends_as_it_was_told(settings: Settings, database: Database) -> None:
    loaded = await load(settings, database)

    assert len(loaded) == len(TICKETS)
    for told in TICKETS:
        ticket = loaded[told.subject]
        assert (ticket.user.id, ticket.status, ticket.priority) == (
            told.by,
            told.final_status,
            told.priority,
        )
        assert [m.body for m in ticket.messages] == [m.body for m in told.messages]
        assert [m.sender.id for m in ticket.messages] == [m.by for m in told.messages]
        assert ticket.message_count == len(told.messages)
    assert {ticket.status for ticket in loaded.values()} == set(Status)


async def test_it_all_happened_in_the_past_and_in_order(
    settings: Settings, database: Database
) -> None:
    present = clock.now()

    loaded = await load(settings, database)

    for told in TICKETS:
        ticket = loaded[told.subject]
        moments = [message.created_at for message in ticket.messages]
        assert moments == sorted(set(moments))
        assert abs(present - told.days_ago * DAY - ticket.created_at) < 5 * MINUTE
        assert ticket.created_at == moments[0]
        assert ticket.last_message_at == moments[-1]
        assert moments[-1] <= ticket.updated_at < present
    by_number = sorted(loaded.values(), key=lambda ticket: ticket.number)
    by_age = sorted(loaded.values(), key=lambda ticket: ticket.created_at)
    assert by_number == by_age


async def test_screenshots_are_kept_byte_for_byte(settings: Settings, database: Database) -> None:
    loaded = await load(settings, database)

    seen = Counter[str]()
    for told in TICKETS:
        for message, kept in zip(told.messages, loaded[told.subject].messages, strict=True):
            assert [file.original_name for file in kept.attachments] == list(message.files)
            for file in kept.attachments:
                assert (
                    await read_file(settings, file)
                    == (SCREENSHOTS / file.original_name).read_bytes()
                )
                seen[file.content_type] += 1
    assert set(seen) == {"image/png", "image/jpeg", "image/webp"}


async def test_people_have_their_ids_and_some_can_log_in(
    settings: Settings, database: Database
) -> None:
    await load(settings, database)

    for told in PEOPLE:
        person = await get_person(database, told.id)
        assert (person.name, person.email, person.role) == (told.name, told.email, told.role)
        assert person.scopes == (" ".join(sorted(told.scopes)) if told.scopes else None)
        assert bool(person.has_password) is (told.id == "cleo")
    cleo = next(person for person in PEOPLE if person.id == "cleo")
    logged_in = await log_in(database, settings, Credentials(cleo.email, PASSWORD, "192.0.2.1"))
    assert logged_in.account.id == "cleo"


async def test_the_clock_is_right_again_afterwards_even_after_a_failure(
    settings: Settings, database: Database
) -> None:
    tiny = msgspec.structs.replace(settings, file_limit=1)
    before = clock.now()

    with pytest.raises(Problem):
        await load(tiny, database)

    assert 0 <= clock.now() - before < MINUTE


def test_no_step_lies_in_the_future() -> None:
    present = clock.now()

    steps = timeline(TICKETS, present)

    assert steps[-1].moment < present
    assert [s.moment for s in steps] == sorted(s.moment for s in steps)

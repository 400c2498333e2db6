"""GET of one ticket: by its owner, by admins, by nobody else."""

import msgspec
import pytest

from tests.cast import Actor
from tests.client import running
from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    MALLORY,
    MAX,
    NOBODYS_ID,
    RICK,
    TICKETS,
    Api,
    read,
    refusal,
    without_request_id,
)
from ticketpen.settings import Settings

NO_IDS = [
    "1",
    "x",
    "0",
    NOBODYS_ID.replace("-", ""),
    "{" + NOBODYS_ID + "}",
    "urn:uuid:" + NOBODYS_ID,
    NOBODYS_ID + "0",
    NOBODYS_ID[:-1] + "g",
    NOBODYS_ID[:-1] + "\u0661",
    "%00",
    "%20" + NOBODYS_ID,
    "'%20OR%201=1--",
    "..%2f..%2fetc",
    "%ff",
]


async def test_the_owner_and_every_admin_read_the_same_ticket(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    assert await read(api.as_(CLEO), ticket["id"], TICKETS) == ticket
    assert await read(api.as_(ADA), ticket["id"]) == ticket
    assert await read(api.as_(MAX), ticket["id"]) == ticket


async def test_messages_come_oldest_first(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open(message="0")
    for number in range(1, 6):
        await (cleo.reply if number % 2 else api.answer)(ticket["id"], str(number))
    found = await read(cleo, ticket["id"], TICKETS)
    assert [m["body"] for m in found["messages"]] == ["0", "1", "2", "3", "4", "5"]
    assert found["message_count"] == 6


async def test_nobody_reads_a_ticket_without_a_token(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for path in (TICKETS, ADMIN_TICKETS):
        for ticket_id in (ticket["id"], NOBODYS_ID, "x"):
            answer = await api.as_(None).get(f"{path}/{ticket_id}")
            assert refusal(answer) == (401, "not_authenticated")


async def test_a_user_on_an_admin_path_is_refused_whether_the_ticket_exists_or_not(
    api: Api,
) -> None:
    ticket = await api.as_(CLEO).open()
    for ticket_id in (ticket["id"], NOBODYS_ID, "x"):
        answer = await api.as_(CLEO).get(f"{ADMIN_TICKETS}/{ticket_id}")
        assert refusal(answer) == (403, "admin_required")


async def test_a_strangers_ticket_and_no_ticket_answer_the_same_bytes(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for actor in (MALLORY, RICK, ADA):
        theirs = await api.as_(actor).get(f"{TICKETS}/{ticket['id']}")
        none = await api.as_(actor).get(f"{TICKETS}/{NOBODYS_ID}")
        assert refusal(theirs) == (404, "ticket_not_found")
        assert without_request_id(theirs) == without_request_id(none)
        assert theirs.headers.keys() == none.headers.keys()


async def test_what_is_no_id_is_not_found_rather_than_invalid(api: Api) -> None:
    for path in (TICKETS, ADMIN_TICKETS):
        for text in NO_IDS:
            answer = await api.get(f"{path}/{text}")
            assert answer.status_code == 404, text
            assert answer.json()["code"] in ("ticket_not_found", "not_found"), text


async def test_an_id_is_found_in_any_case(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    shouted = ticket["id"].upper()
    assert await read(api.as_(CLEO), shouted, TICKETS) == ticket
    assert await read(api, shouted) == ticket
    assert (await api.as_(CLEO).reply(shouted)).json()["ticket_id"] == ticket["id"]


async def test_names_and_addresses_follow_the_current_profile(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await api.answer(ticket["id"])
    renamed = api.as_(CLEO, name="Cleo Bianchi", email="cleo@new.example")
    found = await read(renamed, ticket["id"], TICKETS)
    assert found["user_name"] == "Cleo Bianchi"
    assert found["user_email"] == "cleo@new.example"
    assert found["messages"][0]["sender_name"] == "Cleo Bianchi"
    assert found["messages"][0]["sender_email"] == "cleo@new.example"
    assert found["messages"][1]["sender_name"] == "Ada Lindqvist"


async def test_a_name_is_never_null_but_an_address_may_be(api: Api) -> None:
    with_address = await api.as_(CLEO, name=None).open()
    assert with_address["user_name"] == "cleo@example.org"
    nameless = Actor("anon-7", "", "", "user")
    with_id = await api.as_(nameless, name=None, email=None).open()
    assert with_id["user_name"] == "anon-7"
    assert with_id["user_email"] is None
    assert with_id["messages"][0]["sender_name"] == "anon-7"
    assert with_id["messages"][0]["sender_email"] is None


@pytest.mark.parametrize("shown", [True, False])
async def test_the_addresses_of_staff_can_be_hidden_from_users(
    settings: Settings, shown: bool
) -> None:
    async with running(msgspec.structs.replace(settings, staff_email_shown=shown)) as api:
        ticket = await api.as_(CLEO).open()
        await api.as_(ADA, name=None).answer(ticket["id"])
        seen = (await read(api.as_(CLEO), ticket["id"], TICKETS))["messages"]
        assert seen[0]["sender_email"] == "cleo@example.org"
        assert seen[1]["sender_email"] == ("ada@example.com" if shown else None)
        if not shown:
            assert "ada@example.com" not in str(seen)
        by_admin = (await read(api, ticket["id"]))["messages"]
        assert by_admin[1]["sender_email"] == "ada@example.com"


async def test_a_ticket_is_for_its_reader_alone_in_every_cache(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.as_(CLEO).get(f"{TICKETS}/{ticket['id']}")
    assert "private" in answer.headers["cache-control"]

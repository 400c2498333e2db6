"""Replies: of the owner and of staff, what they do to the ticket, and when they are refused."""

import msgspec
import pytest

from tests.client import running
from tests.pictures import png
from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    MALLORY,
    MAX,
    NOBODYS_ID,
    RICK,
    STATUSES,
    TICKETS,
    Api,
    Hands,
    everything,
    picture,
    read,
    refusal,
    set_status,
    without_request_id,
    wrong_fields,
)
from ticketpen.settings import Settings


async def test_a_reply_is_answered_with_the_new_message(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    path = f"{TICKETS}/{ticket['id']}/messages"
    answer = await cleo.post_form(path, {"body": "Any news?"}, [picture(png())])
    message = answer.json()
    assert answer.status_code == 201
    assert message["ticket_id"] == ticket["id"]
    assert (message["sender_id"], message["sender_type"]) == ("cleo", "user")
    assert message["body"] == "Any news?"
    assert message["attachments"][0]["original_name"] == "shot.png"
    found = await read(cleo, ticket["id"], TICKETS)
    assert found["messages"] == [ticket["messages"][0], message]
    assert found["message_count"] == 2


async def test_staff_answer_on_the_admin_path_as_admins(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.as_(MAX).answer(ticket["id"], "Looking.")
    message = answer.json()
    assert answer.status_code == 201
    assert (message["sender_id"], message["sender_type"]) == ("max", "admin")
    assert message["sender_name"] == "Max Okafor"


async def test_an_admin_on_the_user_path_writes_to_an_own_ticket_as_its_user(api: Api) -> None:
    ticket = await api.as_(ADA).open()
    assert (await api.as_(ADA).reply(ticket["id"])).json()["sender_type"] == "user"
    assert (await api.as_(ADA).answer(ticket["id"])).json()["sender_type"] == "admin"


async def test_the_type_of_a_sender_stays_when_their_role_changes(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await api.as_(MAX).answer(ticket["id"])
    await api.as_(MAX, role="user").get(TICKETS)
    messages = (await read(api.as_(ADA), ticket["id"]))["messages"]
    assert [m["sender_type"] for m in messages] == ["user", "admin"]


async def test_a_reply_moves_the_times_of_its_ticket_to_its_own(api: Api) -> None:
    hands = Hands()
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    hands.turn(60)
    message = (await cleo.reply(ticket["id"])).json()
    found = await read(cleo, ticket["id"], TICKETS)
    assert found["created_at"] == ticket["created_at"] < message["created_at"]
    assert found["last_message_at"] == found["updated_at"] == message["created_at"]


async def test_only_an_open_ticket_moves_when_staff_answer(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    after = {}
    for status in ("open", "in_progress", "resolved"):
        await set_status(api, ticket["id"], status)
        assert (await api.answer(ticket["id"])).status_code == 201
        after[status] = (await read(api, ticket["id"]))["status"]
    assert after == {"open": "in_progress", "in_progress": "in_progress", "resolved": "resolved"}


async def test_only_a_resolved_ticket_moves_when_its_user_replies(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    after = {}
    for status in ("open", "in_progress", "resolved"):
        await set_status(api, ticket["id"], status)
        assert (await cleo.reply(ticket["id"])).status_code == 201
        after[status] = (await read(api, ticket["id"]))["status"]
    assert after == {"open": "open", "in_progress": "in_progress", "resolved": "open"}


async def test_reopening_can_be_switched_off(settings: Settings) -> None:
    async with running(msgspec.structs.replace(settings, reopen_on_reply=False)) as api:
        ticket = await api.as_(CLEO).open()
        await set_status(api, ticket["id"], "resolved")
        assert (await api.as_(CLEO).reply(ticket["id"])).status_code == 201
        assert (await read(api, ticket["id"]))["status"] == "resolved"


async def test_a_closed_ticket_takes_messages_from_nobody(api: Api, settings: Settings) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    await set_status(api, ticket["id"], "closed")
    before = await everything(settings)
    path = f"{TICKETS}/{ticket['id']}/messages"
    by_user = await cleo.post_form(path, {"body": "Please"}, [picture(png())])
    by_admin = await api.answer(ticket["id"])
    assert refusal(by_user) == refusal(by_admin) == (400, "ticket_closed")
    assert "new ticket" in by_user.json()["detail"]
    assert "status" in by_admin.json()["detail"]
    assert await everything(settings) == before


async def test_a_closed_ticket_takes_messages_again_once_an_admin_opens_it(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    await set_status(api, ticket["id"], "closed")
    for status in STATUSES[:3]:
        await set_status(api, ticket["id"], status)
        assert (await api.as_(CLEO).reply(ticket["id"])).status_code == 201


@pytest.mark.parametrize("path", [TICKETS, ADMIN_TICKETS])
async def test_nobody_replies_without_a_token(api: Api, path: str) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.as_(None).post_form(f"{path}/{ticket['id']}/messages", {"body": "x"})
    assert refusal(answer) == (401, "not_authenticated")


async def test_a_strangers_reply_finds_no_ticket_not_even_a_closed_one(
    api: Api, settings: Settings
) -> None:
    ticket = await api.as_(CLEO).open()
    await api.as_(MALLORY).get(TICKETS)  # a profile is made on first sight
    none = await api.as_(MALLORY).reply(NOBODYS_ID)
    for status in ("open", "closed"):
        await set_status(api, ticket["id"], status)
        before = await everything(settings)
        theirs = await api.as_(MALLORY).reply(ticket["id"])
        assert refusal(theirs) == (404, "ticket_not_found")
        assert without_request_id(theirs) == without_request_id(none)
        assert refusal(await api.as_(ADA).reply(ticket["id"])) == (404, "ticket_not_found")
        assert await everything(settings) == before


async def test_a_user_does_not_answer_on_the_admin_path(api: Api) -> None:
    ticket = await api.as_(RICK).open()
    assert refusal(await api.as_(RICK).answer(ticket["id"])) == (403, "admin_required")


async def test_an_admin_answers_no_ticket_that_is_not_there(api: Api) -> None:
    for ticket_id in (NOBODYS_ID, "x"):
        assert refusal(await api.answer(ticket_id)) == (404, "ticket_not_found")


@pytest.mark.parametrize("path", [TICKETS, ADMIN_TICKETS])
async def test_a_reply_needs_a_body_of_one_to_five_thousand_characters(
    api: Api, settings: Settings, path: str
) -> None:
    ticket = await api.as_(ADA).open()
    before = await everything(settings)
    for fields in ({"message": "x"}, {"body": ""}, {"body": " \n"}, {"body": "x" * 5001}):
        answer = await api.post_form(f"{path}/{ticket['id']}/messages", fields)
        assert wrong_fields(answer) == ["body"]
    assert await everything(settings) == before
    longest = await api.post_form(f"{path}/{ticket['id']}/messages", {"body": "x" * 5000})
    assert longest.status_code == 201


async def test_the_user_path_and_the_admin_path_take_the_same_files(
    api: Api, settings: Settings
) -> None:
    ticket = await api.as_(ADA).open()
    before = await everything(settings)
    for path in (TICKETS, ADMIN_TICKETS):
        place = f"{path}/{ticket['id']}/messages"
        four = await api.post_form(place, {"body": "x"}, [picture(png())] * 4)
        assert refusal(four) == (400, "too_many_files")
        fake = await api.post_form(place, {"body": "x"}, [picture(b"GIF89a")])
        assert refusal(fake) == (400, "invalid_file_type")
    assert await everything(settings) == before

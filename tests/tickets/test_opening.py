"""POST /api/v1/support/tickets: what a new ticket is."""

import re

from tests.pictures import jpeg, png, webp
from tests.tickets.make import (
    ADA,
    CLEO,
    TICKETS,
    TIME,
    UUID7,
    Api,
    Hands,
    everything,
    listed,
    new_ticket_parts,
    part,
    picture,
    read,
    refusal,
    send_raw,
    wrong_fields,
)
from ticketpen.clock import SECOND, Moment
from ticketpen.settings import Settings

SEED_TICKET = {
    *("id", "user_id", "user_name", "user_email", "subject", "status", "priority"),
    *("message_count", "last_message_at", "created_at", "updated_at", "messages"),
}
SEED_MESSAGE = {
    *("id", "ticket_id", "sender_id", "sender_type", "sender_name", "sender_email"),
    *("body", "attachments", "created_at"),
}
SEED_ATTACHMENT = {"filename", "original_name", "size", "content_type"}


async def test_a_new_ticket_is_open_and_normal_and_holds_its_first_message(api: Api) -> None:
    answer = await api.as_(CLEO).post_form(
        TICKETS, {"subject": "Cannot create API key", "message": "I get a 500 error."}
    )
    ticket = answer.json()
    message = ticket["messages"][0]
    assert answer.status_code == 201
    assert answer.headers["content-type"] == "application/json"
    assert ticket.keys() >= SEED_TICKET
    assert message.keys() >= SEED_MESSAGE
    assert (ticket["status"], ticket["priority"], ticket["message_count"]) == ("open", "normal", 1)
    assert (ticket["user_id"], ticket["user_name"]) == ("cleo", "Cleo Marchetti")
    assert ticket["user_email"] == "cleo@example.org"
    assert ticket["subject"] == "Cannot create API key"
    assert len(ticket["messages"]) == 1
    assert message["body"] == "I get a 500 error."
    assert message["ticket_id"] == ticket["id"]
    assert (message["sender_id"], message["sender_type"]) == ("cleo", "user")
    assert message["sender_name"] == "Cleo Marchetti"
    assert message["sender_email"] == "cleo@example.org"
    assert message["attachments"] == []


async def test_all_times_of_a_new_ticket_are_one_moment_with_six_digits(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    times = {ticket[name] for name in ("created_at", "updated_at", "last_message_at")}
    times.add(ticket["messages"][0]["created_at"])
    assert len(times) == 1
    assert re.fullmatch(TIME, times.pop())


async def test_a_whole_second_still_has_six_digits(api: Api) -> None:
    hands = Hands()
    hands.moment = Moment(hands.moment - hands.moment % SECOND)
    ticket = await api.as_(CLEO).open()
    assert ticket["created_at"].endswith(".000000Z")
    assert (await listed(api))["tickets"][0]["created_at"] == ticket["created_at"]


async def test_ids_are_of_version_seven_and_numbers_ascend(api: Api) -> None:
    first, second = await api.as_(CLEO).open(), await api.as_(CLEO).open()
    assert re.fullmatch(UUID7, first["id"])
    assert re.fullmatch(UUID7, first["messages"][0]["id"])
    assert 0 < first["number"] < second["number"]


async def test_a_ticket_read_again_is_the_ticket_that_was_answered(api: Api) -> None:
    files = [picture(png()), picture(jpeg(), "b.jpg", "image/jpeg")]
    ticket = await api.as_(CLEO).open(files=files)
    assert await read(api.as_(CLEO), ticket["id"], TICKETS) == ticket
    assert await read(api, ticket["id"]) == ticket


async def test_screenshots_come_back_in_the_order_they_were_sent(api: Api) -> None:
    files = [
        picture(webp(), "one.webp", "image/webp"),
        picture(png(), "two.png"),
        picture(jpeg(), "three.jpeg", "image/jpeg"),
    ]
    ticket = await api.as_(CLEO).open(files=files)
    attached = ticket["messages"][0]["attachments"]
    assert [a["original_name"] for a in attached] == ["one.webp", "two.png", "three.jpeg"]
    assert [a["content_type"] for a in attached] == ["image/webp", "image/png", "image/jpeg"]
    assert [a["size"] for a in attached] == [len(webp()), len(png()), len(jpeg())]
    for attachment in attached:
        assert attachment.keys() >= SEED_ATTACHMENT
        assert (attachment["width"], attachment["height"]) == (9, 5)
        assert attachment["thumbnail_url"] is None


async def test_the_url_of_an_attachment_is_its_path_from_the_origin(api: Api) -> None:
    ticket = await api.as_(CLEO).open(files=[picture(png())])
    message = ticket["messages"][0]
    attachment = message["attachments"][0]
    place = f"{TICKETS}/{ticket['id']}/attachments/{message['id']}/{attachment['filename']}"
    assert attachment["url"] == place


async def test_nobody_opens_a_ticket_without_a_token(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    answer = await api.as_(None).post_form(TICKETS, {"subject": "x", "message": "y"})
    assert refusal(answer) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert await everything(settings) == before


async def test_admins_may_open_tickets_of_their_own_as_users(api: Api) -> None:
    ticket = await api.as_(ADA).open()
    assert ticket["user_id"] == "ada"
    assert ticket["messages"][0]["sender_type"] == "user"


async def test_missing_and_empty_texts_are_all_named_at_once(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    wrong = {
        "both missing": ({"other": "x"}, ["subject", "message"]),
        "both empty": ({"subject": "", "message": ""}, ["subject", "message"]),
        "message missing": ({"subject": "x"}, ["message"]),
        "subject missing": ({"message": "x"}, ["subject"]),
        "subject too long": ({"subject": "x" * 256, "message": "y"}, ["subject"]),
        "message too long": ({"subject": "x", "message": "y" * 5001}, ["message"]),
    }
    for case, (fields, named) in wrong.items():
        answer = await api.as_(CLEO).post_form(TICKETS, fields)
        assert wrong_fields(answer) == named, case
    assert await everything(settings) == before


async def test_the_longest_texts_are_accepted(api: Api) -> None:
    ticket = await api.as_(CLEO).open("s" * 255, "b" * 5000)
    assert ticket["subject"] == "s" * 255
    assert ticket["messages"][0]["body"] == "b" * 5000


async def test_unknown_fields_and_parameters_are_ignored(api: Api) -> None:
    fields = {"subject": "Printer", "message": "It burns.", "colour": "red", "body": "no"}
    answer = await api.as_(CLEO).post_form(TICKETS + "?status=closed&x=%00", fields)
    assert answer.status_code == 201
    assert answer.json()["status"] == "open"
    assert answer.json()["messages"][0]["body"] == "It burns."


async def test_the_field_context_is_reserved_and_ignored_whatever_it_holds(api: Api) -> None:
    for context in (b'{"page": "/keys"}', b"no json", b"\xff\xfe", b"{" * 16_384):
        answer = await send_raw(api, TICKETS, new_ticket_parts(part("context", context)))
        assert answer.status_code == 201, answer.text
        assert "context" not in answer.json()


async def test_files_may_be_sent_as_files_with_brackets(api: Api) -> None:
    parts = new_ticket_parts(
        part("files[]", png(), "a.png", "image/png"), part("files", jpeg(), "b.jpg", "image/jpeg")
    )
    answer = await send_raw(api, TICKETS, parts)
    attached = answer.json()["messages"][0]["attachments"]
    assert [a["original_name"] for a in attached] == ["a.png", "b.jpg"]


async def test_files_under_other_names_are_ignored(api: Api) -> None:
    parts = new_ticket_parts(part("avatar", b"MZ", "virus.exe", "application/x-msdownload"))
    answer = await send_raw(api, TICKETS, parts)
    assert answer.status_code == 201
    assert answer.json()["messages"][0]["attachments"] == []


async def test_the_empty_file_field_of_a_browser_is_ignored(api: Api) -> None:
    empty = part("files", b"", "", "application/octet-stream")
    answer = await send_raw(api, TICKETS, new_ticket_parts(empty, empty, empty, empty))
    assert answer.status_code == 201
    assert answer.json()["messages"][0]["attachments"] == []


async def test_the_first_of_a_repeated_field_counts(api: Api) -> None:
    parts = [part("subject", b"First"), part("subject", b"Second"), part("message", b"m")]
    answer = await send_raw(api, TICKETS, parts)
    assert answer.json()["subject"] == "First"


async def test_a_new_ticket_stands_in_its_owners_list_and_in_the_list_of_all(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    expected = {key: value for key, value in ticket.items() if key != "messages"}
    assert (await listed(api.as_(CLEO), TICKETS))["tickets"] == [expected]
    assert (await listed(api))["tickets"] == [expected]

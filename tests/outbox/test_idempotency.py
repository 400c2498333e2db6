"""Idempotency-Key: the first answer again, for whoever sends the same request with the same key."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.pictures import jpeg, png
from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    RICK,
    TICKETS,
    Api,
    Hands,
    everything,
    fetch,
    ids,
    part,
    picture,
    read,
    refusal,
    send_raw,
    set_status,
    wrong_fields,
)
from ticketpen.settings import Settings

FIELDS = {"subject": "Printer", "message": "It burns."}
DAY = 86_400
LEASE = 60


def key(name: str = "k-1") -> dict[str, str]:
    return {"Idempotency-Key": name}


async def send(api: Api, files: Any = (), name: str = "k-1", **changed: str) -> httpx2.Response:
    return await api.post_form(TICKETS, FIELDS | changed, files, key(name))


def is_replay(answer: httpx2.Response, of: httpx2.Response) -> bool:
    """The same bytes again, and said to be so."""
    assert answer.headers.get("idempotency-replayed") == "true"
    assert (answer.status_code, answer.content) == (of.status_code, of.content)
    assert answer.headers["content-type"] == of.headers["content-type"]
    return True


async def test_the_same_request_again_gets_the_same_bytes_and_makes_nothing(
    api: Api, settings: Settings
) -> None:
    first = await send(api.as_(CLEO), [picture(png())])
    assert first.status_code == 201
    assert "idempotency-replayed" not in first.headers
    before = await everything(settings)
    for _ in range(2):
        assert is_replay(await send(api.as_(CLEO), [picture(png())]), first)
    assert await everything(settings) == before


async def test_replies_of_users_and_staff_are_made_once(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for caller, path in ((api.as_(CLEO), TICKETS), (api.as_(ADA), ADMIN_TICKETS)):
        place = f"{path}/{ticket['id']}/messages"
        first = await caller.post_form(place, {"body": "once"}, headers=key())
        assert is_replay(await caller.post_form(place, {"body": "once"}, headers=key()), first)
    found = await read(api, ticket["id"])
    assert [m["body"] for m in found["messages"][1:]] == ["once", "once"]


async def test_a_request_without_a_key_is_made_every_time(api: Api) -> None:
    for _ in range(2):
        assert "idempotency-replayed" not in (await api.post_form(TICKETS, FIELDS)).headers
    assert len(await ids(api, TICKETS)) == 2


async def test_a_replay_is_the_first_answer_even_when_the_ticket_moved_on(api: Api) -> None:
    cleo = api.as_(CLEO)
    first = await send(cleo)
    await cleo.reply(first.json()["id"])
    await set_status(api, first.json()["id"], "closed")
    assert is_replay(await send(api.as_(CLEO, name="Cleo Bianchi")), first)


async def test_a_replay_comes_before_the_closed_check(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    path = f"{TICKETS}/{ticket['id']}/messages"
    first = await cleo.post_form(path, {"body": "x"}, headers=key())
    await set_status(api, ticket["id"], "closed")
    assert is_replay(await cleo.post_form(path, {"body": "x"}, headers=key()), first)
    other = await cleo.post_form(path, {"body": "x"}, headers=key("k-2"))
    assert refusal(other) == (400, "ticket_closed")


async def test_the_boundary_and_the_headers_of_parts_do_not_matter(api: Api) -> None:
    cleo = api.as_(CLEO)
    first = await send(cleo, [picture(png(), "a.png", "image/png")])
    by_hand = [
        part("subject", b"Printer", kind="text/plain; charset=utf-8"),
        part("message", b"It burns."),
        part("files", png(), "a.png", "application/octet-stream"),
    ]
    assert is_replay(await send_raw(cleo, TICKETS, by_hand, key()), first)


async def test_another_request_with_the_same_key_is_refused(api: Api, settings: Settings) -> None:
    cleo = api.as_(CLEO)
    ticket_id = (await send(cleo, [picture(png()), picture(jpeg(), "b.jpg")])).json()["id"]
    before = await everything(settings)
    same = [picture(png()), picture(jpeg(), "b.jpg")]
    others = {
        "another text": await send(cleo, same, message="It smokes."),
        "one more field": await send(cleo, same, extra="x"),
        "other bytes": await send(cleo, [picture(jpeg()), picture(jpeg(), "b.jpg")]),
        "another file name": await send(cleo, [picture(png(), "c.png"), same[1]]),
        "another order": await send(cleo, same[::-1]),
        "no files": await send(cleo),
        "another path": await cleo.post_form(
            f"{TICKETS}/{ticket_id}/messages", {"body": "x"}, headers=key()
        ),
    }
    parts = [part("message", b"It burns."), part("subject", b"Printer")]
    parts += [part("files", png(), "shot.png"), part("files", jpeg(), "b.jpg")]
    others["fields in another order"] = await send_raw(cleo, TICKETS, parts, key())
    for case, answer in others.items():
        assert refusal(answer) == (422, "idempotency_mismatch"), case
    assert await everything(settings) == before


async def test_line_ends_of_a_text_are_part_of_the_request(api: Api) -> None:
    first = await send(api, message="a\r\nb")
    assert first.json()["messages"][0]["body"] == "a\nb"
    assert is_replay(await send(api, message="a\r\nb"), first)
    assert refusal(await send(api, message="a\nb")) == (422, "idempotency_mismatch")


async def test_keys_belong_to_their_caller(api: Api) -> None:
    first, second = await send(api.as_(CLEO)), await send(api.as_(RICK))
    assert first.json()["id"] != second.json()["id"]
    assert second.json()["user_id"] == "rick"
    assert is_replay(await send(api.as_(RICK)), second)


async def test_a_refused_request_frees_its_key(api: Api, settings: Settings) -> None:
    cleo = api.as_(CLEO)
    before = await everything(settings)
    assert refusal(await send(cleo, subject="")) == (422, "invalid_value")
    assert refusal(await send(cleo, [picture(b"GIF89a")])) == (400, "invalid_file_type")
    assert refusal(await send(cleo, [picture(png())] * 4)) == (400, "too_many_files")
    assert await everything(settings) == before
    assert (await send(cleo)).status_code == 201
    ticket = await cleo.open()
    await set_status(api, ticket["id"], "closed")
    path = f"{TICKETS}/{ticket['id']}/messages"
    closed = await cleo.post_form(path, {"body": "x"}, headers=key("k-2"))
    assert refusal(closed) == (400, "ticket_closed")
    await set_status(api, ticket["id"], "open")
    again = await cleo.post_form(path, {"body": "y"}, headers=key("k-2"))
    assert again.status_code == 201


async def test_a_request_that_still_runs_makes_others_wait(api: Api, settings: Settings) -> None:
    cleo = api.as_(CLEO)
    await send(cleo)
    await fetch(settings, "UPDATE idempotency_keys SET status = NULL, answer = NULL")
    before = await everything(settings)
    answer = await send(cleo)
    assert refusal(answer) == (409, "idempotency_conflict")
    assert int(answer.headers["retry-after"]) > 0
    assert refusal(await send(cleo, subject="x")) == (422, "idempotency_mismatch")
    assert await everything(settings) == before


async def test_after_a_crash_the_key_can_be_taken_over_when_its_lease_is_over(
    api: Api, settings: Settings
) -> None:
    hands = Hands()
    cleo = api.as_(CLEO)
    first = await send(cleo)
    await fetch(settings, "UPDATE idempotency_keys SET status = NULL, answer = NULL")
    hands.turn(LEASE - 1)
    assert refusal(await send(cleo)) == (409, "idempotency_conflict")
    hands.turn(2)
    second = await send(cleo)
    assert second.status_code == 201
    assert "idempotency-replayed" not in second.headers
    assert second.json()["id"] != first.json()["id"]
    assert is_replay(await send(cleo), second)


async def test_an_answer_is_kept_for_a_day(api: Api) -> None:
    hands = Hands()
    cleo = api.as_(CLEO, exp=hands.moment // 1_000_000 + 3 * DAY)
    first = await send(cleo)
    hands.turn(DAY - 1)
    assert is_replay(await send(cleo), first)
    hands.turn(2)
    second = await send(cleo)
    assert second.json()["id"] != first.json()["id"]


async def test_twenty_equal_requests_at_once_make_one_ticket(api: Api) -> None:
    cleo = api.as_(CLEO)
    answers = await asyncio.gather(*(send(cleo, [picture(png())]) for _ in range(20)))
    made = [a for a in answers if a.status_code == 201 and "idempotency-replayed" not in a.headers]
    assert len(made) == 1
    for answer in answers:
        if answer.status_code != 201:
            assert refusal(answer) == (409, "idempotency_conflict")
        elif answer is not made[0]:
            assert is_replay(answer, made[0])
    assert await ids(cleo, TICKETS) == [made[0].json()["id"]]
    assert is_replay(await send(cleo, [picture(png())]), made[0])


@pytest.mark.parametrize("name", ["a", "k" * 255, "with blanks, ~!\"#$%&'()*+", "8e03978e-40d5"])
async def test_a_key_is_up_to_255_printable_ascii_characters(api: Api, name: str) -> None:
    first = await send(api, name=name)
    assert is_replay(await send(api, name=name), first)


async def test_other_keys_are_refused(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    for name in (b"", b"k" * 256, b"k\xc3\xa4se", b"tab\tbed", b"\x7f"):
        headers: Any = {b"Idempotency-Key": name}
        answer = await api.post_form(TICKETS, FIELDS, headers=headers)
        assert wrong_fields(answer) == ["Idempotency-Key"], name
    assert await everything(settings) == before


async def test_reads_and_triage_take_no_notice_of_a_key(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for status in ("closed", "open"):
        answer = await api.patch(ticket["id"], key(), status=status)
        assert answer.json()["status"] == status
    for _ in range(2):
        assert "idempotency-replayed" not in (await api.get(TICKETS, headers=key())).headers

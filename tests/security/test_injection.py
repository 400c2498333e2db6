"""SQL through sort, filter, search, cursor and ids: refused or plain text, never a statement."""

import base64
from typing import Any
from urllib.parse import quote

import pytest

from tests.cast import CLEO
from tests.client import ADMIN_TICKETS, TICKETS, Api
from tests.tickets.make import everything, ids, refusal, wrong_fields
from ticketpen.settings import Settings

SQL = [
    "' OR '1'='1",
    "' OR 1=1 --",
    '" OR ""="',
    "'; DROP TABLE tickets; --",
    "1; SELECT pg_sleep(9)",
    "' UNION SELECT password_hash FROM people --",
    "x') OR ('1'='1",
    "created_at; DELETE FROM tickets",
    "(SELECT 1)",
    "CASE WHEN 1=1 THEN id ELSE subject END",
    "$1",
    ":caller_id",
    "?",
    "%(x)s",
    "{0.__class__}",
    "*/ OR /*",
    "\\' OR 1=1 --",
]
FULL_TEXT = ['"', '"*', 'a" OR "b', "a* OR b*", "NEAR(a b)", "words: x", "-a", "a & b | !c", "':*"]
FULL_TEXT += ["a:*", "(((", "^", "a <-> b", "\\", "'' | ''", "{words} : x", "a\\", "NOT", "AND"]


@pytest.fixture
async def kept(api: Api, settings: Settings) -> dict[str, Any]:
    for number in range(3):
        await api.as_(CLEO).open(f"Ticket {number}")
    return await everything(settings)


@pytest.mark.parametrize("name", ["sort", "order", "status", "priority", "needs_reply", "cursor"])
async def test_sql_through_sort_and_closed_filters_is_an_invalid_value(
    api: Api, settings: Settings, kept: dict[str, Any], name: str
) -> None:
    for text in SQL:
        assert wrong_fields(await api.get(ADMIN_TICKETS, params={name: text})) == [name], text
        both = f"created_at{text}" if name == "sort" else f"open{text}"
        assert wrong_fields(await api.get(ADMIN_TICKETS, params={name: both})) == [name], both
    assert await everything(settings) == kept


@pytest.mark.parametrize("name", ["page", "page_size", "created_after", "updated_before"])
async def test_sql_through_numbers_and_times_is_an_invalid_value(
    api: Api, settings: Settings, kept: dict[str, Any], name: str
) -> None:
    for text in SQL:
        assert wrong_fields(await api.get(ADMIN_TICKETS, params={name: text})) == [name], text
    assert await everything(settings) == kept


@pytest.mark.parametrize("name", ["user_id", "user_email"])
async def test_sql_through_open_filters_is_plain_text(
    api: Api, settings: Settings, kept: dict[str, Any], name: str
) -> None:
    for text in [*SQL, "%", "_", "cle_", "cleo%", "cleo' --"]:
        assert await ids(api, **{name: text}) == [], text
    assert await everything(settings) == kept


async def test_sql_through_search_is_plain_words(
    api: Api, settings: Settings, kept: dict[str, Any]
) -> None:
    for text in [*SQL, *FULL_TEXT]:
        for path in (ADMIN_TICKETS, TICKETS):
            for sort in ("last_message_at", "relevance"):
                # With a word that no ticket has: only a broken statement would find one.
                question = {"search": f"zzz {text}", "sort": sort}
                answer = await api.get(path, params=question)
                assert answer.status_code == 200, text
                assert answer.json()["tickets"] == [], text
    own = "'; DROP TABLE tickets; --"
    ticket = await api.as_(CLEO).open(own, own)
    assert await ids(api, search=own) == [ticket["id"]]
    assert len(await ids(api)) == len(kept["tickets"]) + 1


async def test_sql_through_a_cursor_needs_our_signature(
    api: Api, settings: Settings, kept: dict[str, Any]
) -> None:
    first = (await api.get(ADMIN_TICKETS, params={"page_size": 1})).json()["next_cursor"]
    data = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        forged = base64.urlsafe_b64encode(changed).decode().rstrip("=")
        answer = await api.get(ADMIN_TICKETS, params={"page_size": 1, "cursor": forged})
        assert wrong_fields(answer) == ["cursor"], place
    for text in SQL:
        encoded = base64.urlsafe_b64encode(text.encode() * 3).decode()
        answer = await api.get(ADMIN_TICKETS, params={"cursor": encoded})
        assert wrong_fields(answer) == ["cursor"]
    assert await everything(settings) == kept


async def test_sql_through_ids_and_names_in_the_path_finds_nothing(
    api: Api, settings: Settings, kept: dict[str, Any]
) -> None:
    for text in SQL:
        part = quote(text, safe="")
        for path in (
            f"{TICKETS}/{part}",
            f"{ADMIN_TICKETS}/{part}",
            f"{ADMIN_TICKETS}/{part}/events",
            f"{TICKETS}/{part}/attachments/{part}/{part}",
        ):
            assert (await api.get(path)).status_code == 404, path
    assert await everything(settings) == kept


async def test_sql_in_every_text_that_is_kept_stays_text(api: Api) -> None:
    for text in SQL:
        ticket = await api.as_(CLEO, name=text, email=None).open(text, text)
        found = (await api.get(f"{ADMIN_TICKETS}/{ticket['id']}")).json()
        assert found["subject"] == found["messages"][0]["body"] == found["user_name"] == text
        key = {"Idempotency-Key": text}
        first = await api.post_form(TICKETS, {"subject": text, "message": text}, headers=key)
        again = await api.post_form(TICKETS, {"subject": text, "message": text}, headers=key)
        assert (first.status_code, again.content) == (201, first.content)
    assert refusal(await api.as_(CLEO).get(f"{TICKETS}/x")) == (404, "ticket_not_found")

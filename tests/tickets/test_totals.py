"""Totals of long lists: exact, but for a search or combined filters above ten thousand."""

import pytest

from tests.tickets.make import CLEO, TICKETS, Api, fetch, listed
from ticketpen.settings import Settings

MANY = 10_050
# Copies of the one ticket there is, by the same words on both databases.
COPY = f"""
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY - 1})
INSERT INTO tickets (id, user_id, subject, subject_words, status, priority, message_count,
  messages_written, attachment_count, user_spoke_last, needs_reply, user_version, admin_version,
  last_message_at, created_at, updated_at)
SELECT '01970000-0000-7000-8000-' || CAST(100000000000 + i AS TEXT), user_id, subject,
  subject_words, status, priority, message_count, messages_written, attachment_count,
  user_spoke_last, needs_reply, user_version, admin_version, last_message_at - i, created_at - i,
  updated_at - i
FROM tickets, n
"""


@pytest.fixture
async def _many(api: Api, settings: Settings) -> None:
    await api.as_(CLEO).open()
    await fetch(settings, COPY)


@pytest.mark.usefixtures("_many")
async def test_totals_are_exact_up_to_ten_thousand_and_always_for_a_single_filter(
    api: Api,
) -> None:
    for params in ({}, {"status": "open"}, {"user_id": "cleo"}, {"needs_reply": "true"}):
        found = await listed(api, **params)
        assert found["total"] == MANY, params
        assert "total_relation" not in found
    assert (await listed(api.as_(CLEO), TICKETS))["total"] == MANY
    last = await listed(api, page=MANY // 100 + 1, page_size=100)
    assert len(last["tickets"]) == MANY % 100
    combined = await listed(api, status="open", priority="normal", include="counts")
    assert (combined["total"], combined["total_relation"]) == (10_000, "gte")
    assert combined["counts"]["open"] == MANY
    searched = await listed(api, search="cleo", sort="created_at")
    assert (searched["total"], searched["total_relation"]) == (10_000, "gte")
    assert searched["next_cursor"]
    few = await listed(api, status="open", priority="high")
    assert (few["total"], "total_relation" in few) == (0, False)

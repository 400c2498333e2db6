"""ETags: strong, rising with what the reader can see; If-None-Match and If-Match."""

from typing import Any

from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    MALLORY,
    TICKETS,
    Api,
    everything,
    read,
    refusal,
)
from ticketpen.settings import Settings


async def tag(api: Api, ticket_id: str, path: str = ADMIN_TICKETS) -> str:
    answer = await api.get(f"{path}/{ticket_id}")
    assert answer.status_code == 200
    return str(answer.headers["etag"])


async def test_tags_are_strong_and_apart_for_users_and_admins(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    by_user = await tag(api.as_(CLEO), ticket["id"], TICKETS)
    by_admin = await tag(api, ticket["id"])
    for found in (by_user, by_admin):
        assert found.startswith('"')
        assert found.endswith('"')
    assert by_user != by_admin


async def test_every_change_the_reader_can_see_makes_a_new_tag(api: Api) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    changes: list[Any] = [
        lambda: cleo.reply(ticket["id"]),
        lambda: api.answer(ticket["id"]),
        lambda: api.patch(ticket["id"], status="resolved"),
        lambda: api.patch(ticket["id"], priority="low"),
        lambda: api.as_(CLEO, name="Cleo B").get(TICKETS),
        lambda: api.as_(ADA, email="ada@new.example").get(TICKETS),
    ]
    seen = {(await tag(cleo, ticket["id"], TICKETS), await tag(api, ticket["id"]))}
    users, admins = map(set, zip(*seen, strict=True))
    for number, change in enumerate(changes):
        assert (await change()).is_success
        # By a token that tells no name, or reading itself would change the name back.
        reader = api.as_(CLEO, name=None, email=None)
        users.add(await tag(reader, ticket["id"], TICKETS))
        admins.add(await tag(api.as_(ADA, name=None, email=None), ticket["id"]))
        assert len(users) == len(admins) == number + 2


async def test_a_tag_stays_while_nothing_changes(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    before = await tag(api, ticket["id"])
    await api.patch(ticket["id"], status="open")
    await api.as_(CLEO).get(f"{TICKETS}/{ticket['id']}")
    await api.as_(MALLORY).reply(ticket["id"])
    await api.as_(CLEO).reply(ticket["id"], "")
    assert await tag(api, ticket["id"]) == before


async def test_who_knows_the_version_is_not_sent_it_again(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for caller, path in ((api.as_(CLEO), TICKETS), (api, ADMIN_TICKETS)):
        place = f"{path}/{ticket['id']}"
        known = await tag(caller, ticket["id"], path)
        for header in (known, "W/" + known, f'"x", {known}', f'"x" , W/{known}', "*", " * "):
            answer = await caller.get(place, headers={"If-None-Match": header})
            assert (answer.status_code, answer.content) == (304, b""), header
            assert answer.headers["etag"] == known
        for header in ('"x"', known.strip('"'), f'"{known}', "W/*"):
            assert (await caller.get(place, headers={"If-None-Match": header})).status_code == 200


async def test_a_users_tag_is_none_of_the_admins(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    theirs = await tag(api.as_(CLEO), ticket["id"], TICKETS)
    answer = await api.get(f"{ADMIN_TICKETS}/{ticket['id']}", headers={"If-None-Match": theirs})
    assert answer.status_code == 200
    stale = await api.patch(ticket["id"], {"If-Match": theirs}, status="closed")
    assert refusal(stale) == (412, "stale")


async def test_access_is_checked_before_any_not_modified(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    known = await tag(api.as_(CLEO), ticket["id"], TICKETS)
    for header in (known, "*"):
        stranger = api.as_(MALLORY)
        answer = await stranger.get(f"{TICKETS}/{ticket['id']}", headers={"If-None-Match": header})
        assert refusal(answer) == (404, "ticket_not_found")


async def test_a_change_of_the_version_that_was_read_is_made(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    known = await tag(api, ticket["id"])
    changed = await api.patch(ticket["id"], {"If-Match": known}, status="resolved")
    assert changed.status_code == 200
    assert changed.headers["etag"] != known
    # A proxy that compresses makes tags weak.
    weak = "W/" + changed.headers["etag"]
    again = await api.patch(ticket["id"], {"If-Match": f'"x", {weak}'}, status="closed")
    assert again.status_code == 200
    assert again.headers["etag"] == await tag(api, ticket["id"])


async def test_a_change_of_an_older_version_is_stale(api: Api, settings: Settings) -> None:
    ticket = await api.as_(CLEO).open()
    old = await tag(api, ticket["id"])
    await api.as_(CLEO).reply(ticket["id"])
    before = await everything(settings)
    for header in (old, "W/" + old, '"nonsense"', "nonsense", '""', ""):
        answer = await api.patch(ticket["id"], {"If-Match": header}, status="closed")
        assert refusal(answer) == (412, "stale"), header
    same = await api.patch(ticket["id"], {"If-Match": old}, status="open")
    assert refusal(same) == (412, "stale")
    assert await everything(settings) == before


async def test_a_star_matches_whatever_is_there(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    answer = await api.patch(ticket["id"], {"If-Match": "*"}, status="closed")
    assert answer.json()["status"] == "closed"
    nowhere = await api.patch("x", {"If-Match": "*"}, status="closed")
    assert refusal(nowhere) == (404, "ticket_not_found")


async def test_a_profile_that_changed_makes_the_version_stale(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    old = await tag(api, ticket["id"])
    await api.as_(CLEO, name="Cleo Bianchi").get(TICKETS)
    answer = await api.patch(ticket["id"], {"If-Match": old}, status="closed")
    assert refusal(answer) == (412, "stale")
    assert (await read(api, ticket["id"]))["user_name"] == "Cleo Bianchi"


async def test_head_tells_the_version_and_sends_nothing(api: Api) -> None:
    ticket = await api.as_(CLEO).open()
    for caller, path in ((api.as_(CLEO), TICKETS), (api, ADMIN_TICKETS)):
        place = f"{path}/{ticket['id']}"
        whole, head = await caller.get(place), await caller.request("HEAD", place)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["etag"] == whole.headers["etag"]
        assert head.headers["content-length"] == str(len(whole.content))
        known = {"If-None-Match": whole.headers["etag"]}
        assert (await caller.request("HEAD", place, headers=known)).status_code == 304

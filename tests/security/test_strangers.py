"""A stranger on every endpoint: nobody, a user on staff's paths, a user on somebody's ticket."""

import msgspec
import pytest

from tests.cast import ADA, CLEO, MALLORY
from tests.client import Api
from tests.pictures import png
from tests.security.roads import PRIVATE, every_road, go
from tests.tickets.make import NOBODYS_ID, everything, picture, refusal
from ticketpen.settings import Settings


@pytest.fixture
async def values(api: Api) -> dict[str, str]:
    """What stands in the paths: a ticket of Cleo's with a screenshot, a person, a key."""
    ticket = await api.as_(CLEO).open(files=[picture(png())])
    message = ticket["messages"][0]
    body = {"person_id": "cleo", "name": "Key", "scopes": ["tickets:read"]}
    key = await api.as_(ADA).request("POST", "/api/v1/admin/keys", json=body)
    return {
        "ticket_id": ticket["id"],
        "message_id": message["id"],
        "filename": message["attachments"][0]["filename"],
        "person_id": "cleo",
        "key_id": key.json()["id"],
        "name": "start.js",
    }


def test_the_walk_meets_all_that_the_api_promises() -> None:
    found = {(road.method, road.template) for road in every_road()}
    assert len(found) > 40
    assert ("PATCH", "/api/v1/admin/tickets/{ticket_id:str}") in found
    assert ("DELETE", "/api/v1/admin/keys/{key_id:str}") in found


async def test_nobody_gets_anywhere_without_a_proof(
    api: Api, settings: Settings, values: dict[str, str]
) -> None:
    before = await everything(settings)
    for road in PRIVATE:
        answer = await go(api.as_(None), road, road.fill(values))
        assert answer.status_code == 401, road
        assert answer.headers["www-authenticate"] == "Bearer"
        if road.method != "HEAD":
            assert refusal(answer) == (401, "not_authenticated"), road
    assert await everything(settings) == before


async def test_no_false_proof_gets_anywhere(api: Api, values: dict[str, str]) -> None:
    token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJyb2xlIjoiYWRtaW4iLCJleHAiOjk5OTk5OTk5OTl9.AAAA"
    for proof in (token, "tp_" + "A" * 49, "tps_" + "A" * 43, "x"):
        for road in PRIVATE:
            answer = await go(api.with_token(proof), road, road.fill(values))
            assert answer.status_code == 401, (proof, road)


async def test_a_user_reaches_no_path_of_staff(
    api: Api, settings: Settings, values: dict[str, str]
) -> None:
    mallory = api.as_(MALLORY)
    await mallory.get("/api/v1/auth/me")
    before = await everything(settings)
    roads = [road for road in PRIVATE if road.is_for_admins]
    assert len(roads) > 15
    for road in roads:
        for filled in (values, dict.fromkeys(values, NOBODYS_ID), dict.fromkeys(values, "x")):
            answer = await go(mallory, road, road.fill(filled))
            assert answer.status_code == 403, road
            if road.method != "HEAD":
                assert refusal(answer) == (403, "admin_required"), road
    assert await everything(settings) == before


async def test_a_user_finds_nothing_of_somebody_elses_ticket(
    api: Api, settings: Settings, values: dict[str, str]
) -> None:
    mallory = api.as_(MALLORY)
    await mallory.get("/api/v1/auth/me")
    before = await everything(settings)
    roads = [road for road in PRIVATE if "{ticket_id" in road.template and not road.is_for_admins]
    assert len(roads) == 5
    for road in roads:
        theirs = await go(mallory, road, road.fill(values))
        none = await go(mallory, road, road.fill(values | {"ticket_id": NOBODYS_ID}))
        assert theirs.status_code == none.status_code == 404, road
        own = {"x-request-id", "content-length", "date"}
        for name in theirs.headers.keys() | none.headers.keys():
            assert name in own or theirs.headers[name] == none.headers[name], road
        if road.method != "HEAD":
            assert theirs.json() | {"request_id": ""} == none.json() | {"request_id": ""}
    listed = await mallory.get("/api/v1/support/tickets?search=api&user_id=cleo")
    assert listed.json()["tickets"] == []
    assert await everything(settings) == before


async def test_an_admin_without_the_scope_is_told_so_on_every_path_of_staff(
    api: Api, settings: Settings, values: dict[str, str]
) -> None:
    nobody = msgspec.structs.replace(MALLORY, role="admin")
    limited = api.as_(nobody)
    await limited.get("/api/v1/auth/me")
    path = "/api/v1/admin/people/mallory"
    none: dict[str, list[str]] = {"scopes": []}
    assert (await api.as_(ADA).request("PATCH", path, json=none)).status_code == 200
    before = await everything(settings)
    for road in PRIVATE:
        if road.is_for_admins:
            answer = await go(limited, road, road.fill(values))
            assert answer.status_code == 403, road
            if road.method != "HEAD":
                assert refusal(answer) == (403, "scope_required"), road
    assert await everything(settings) == before


async def test_an_admin_without_the_scope_downloads_own_attachments_only(
    api: Api, values: dict[str, str]
) -> None:
    limited = api.as_(msgspec.structs.replace(MALLORY, role="admin"))
    place = "/api/v1/support/tickets/{ticket_id}/attachments/{message_id}/{filename}"
    assert (await limited.get(place.format(**values))).status_code == 200
    own = (await limited.open(files=[picture(png())]))["messages"][0]["attachments"][0]["url"]
    body = {"scopes": ["tickets:write", "settings:read"]}
    await api.as_(ADA).request("PATCH", "/api/v1/admin/people/mallory", json=body)
    assert refusal(await limited.get(place.format(**values))) == (403, "scope_required")
    later = api.as_(msgspec.structs.replace(MALLORY, role="admin"), jti="compared anew")
    assert (await later.get(own)).status_code == 200
    assert refusal(await later.get(place.format(**values))) == (404, "attachment_not_found")

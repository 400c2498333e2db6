"""A disabled person: out at once, on every road, by token, key, session and cookie."""

from typing import Any

import msgspec
import pytest

from tests.cast import ADA, MAX, Actor
from tests.client import Api
from tests.identity.test_guards import add, change, key_for, session_of
from tests.pictures import png
from tests.security.roads import PRIVATE, Road, go
from tests.tickets.make import everything, picture
from ticketpen.settings import Settings

ALL_SCOPES = ("tickets:read", "tickets:write", "settings:read", "settings:write")
EARLY_WRONG = {
    "/api/v1/support/tickets": "?page=0&cursor=junk&status=junk",
    "/api/v1/admin/tickets": "?page=0&cursor=junk&sort=junk",
    "/api/v1/admin/events": "?after=junk",
}


class Doors(msgspec.Struct):
    """One person's ways in, and what stands in the paths."""

    person_id: str
    callers: dict[str, Api]
    cookie: dict[str, str]
    values: dict[str, str]

    def ways(self) -> list[tuple[str, Api, dict[str, Any]]]:
        """Name, caller and further arguments of each way."""
        ways: list[tuple[str, Api, dict[str, Any]]] = [
            (name, caller, {}) for name, caller in self.callers.items()
        ]
        nobody = self.callers["token"].as_(None)
        return [*ways, ("cookie", nobody, {"headers": self.cookie})]


async def doors_of(api: Api, role: str) -> Doors:
    person_id = await add(api, role=role)
    actor = Actor(person_id, "Nina", "nina@example.com", role)
    session = await session_of(api)
    callers = {
        "token": api.as_(actor),
        "key": api.with_token(await key_for(api, person_id, *ALL_SCOPES)),
        "session": api.with_token(session),
    }
    ticket = await callers["token"].open(files=[picture(png())])
    message = ticket["messages"][0]
    values = {
        "ticket_id": ticket["id"],
        "message_id": message["id"],
        "filename": message["attachments"][0]["filename"],
        "person_id": "ada",
        "key_id": ticket["id"],
        "name": "start.js",
    }
    return Doors(person_id, callers, {"Cookie": f"ticketpen_session={session}"}, values)


async def warm(doors: Doors, roads: list[Road]) -> None:
    """Let every way in be used, so that whatever remembers a caller does."""
    for road in roads:
        if road.method == "GET":
            for name, caller, more in doors.ways():
                answer = await go(caller, road, road.fill(doors.values), **more)
                assert answer.status_code in (200, 404), (name, road)


@pytest.mark.parametrize("role", ["user", "admin"])
async def test_a_disabled_person_is_401_on_every_road_at_once(
    api: Api, settings: Settings, role: str
) -> None:
    doors = await doors_of(api, role)
    roads = [road for road in PRIVATE if role == "admin" or not road.is_for_admins]
    await warm(doors, roads)
    # A token of its own for each road: the first refusal of a token makes the app forget it.
    actor = Actor(doors.person_id, "Nina", "nina@example.com", role)
    fresh = {road: api.as_(actor, jti=f"{number}") for number, road in enumerate(roads)}
    for caller in fresh.values():
        assert (await caller.get("/api/v1/support/tickets")).status_code == 200
    await change(api, doors.person_id, disabled=True)
    before = await everything(settings)
    for road in roads:
        answer = await go(fresh[road], road, road.fill(dict.fromkeys(doors.values, "x")))
        assert answer.status_code == 401, road
        for name, caller, more in doors.ways():
            for values in (doors.values, dict.fromkeys(doors.values, "x")):
                answer = await go(caller, road, road.fill(values), **more)
                assert answer.status_code == 401, (name, road)
                assert answer.headers["www-authenticate"] == "Bearer"
    assert await everything(settings) == before


@pytest.mark.parametrize("path", EARLY_WRONG)
async def test_a_disabled_person_is_401_before_what_they_ask_is_looked_at(
    api: Api, path: str
) -> None:
    doors = await doors_of(api, "admin")
    for _, caller, more in doors.ways():
        assert (await caller.get(path + EARLY_WRONG[path], **more)).status_code == 422
        assert (await caller.get(path, **more)).status_code == 200
    await change(api, doors.person_id, disabled=True)
    for name, caller, more in doors.ways():
        answer = await caller.get(path + EARLY_WRONG[path], **more)
        assert answer.status_code == 401, name


async def test_a_token_with_the_role_admin_does_not_bring_a_disabled_person_back(api: Api) -> None:
    await api.as_(MAX).get("/api/v1/admin/tickets")
    await change(api, "max", disabled=True)
    for claims in (
        {},
        {"name": "Somebody Else"},
        {"role": ["admin"]},
        {"email": "new@example.com"},
    ):
        fresh = await api.as_(MAX, **claims).get("/api/v1/admin/tickets")
        assert fresh.status_code == 401
    found = await api.as_(ADA).request("GET", "/api/v1/admin/people/max")
    assert found.json()["disabled"] is True


async def test_what_a_disabled_person_wrote_stays_and_staff_still_answer(api: Api) -> None:
    doors = await doors_of(api, "user")
    await change(api, doors.person_id, disabled=True)
    ticket_id = doors.values["ticket_id"]
    assert (await api.as_(ADA).answer(ticket_id)).status_code == 201
    found = await api.as_(ADA).get(f"/api/v1/admin/tickets/{ticket_id}")
    assert found.json()["message_count"] == 2

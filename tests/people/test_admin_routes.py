from typing import Any
from urllib.parse import quote

import pytest

from tests.cast import ADA, CLEO, MAX
from tests.client import ADMIN_TICKETS, Api
from tests.identity.test_guards import ME, PEOPLE, change, session_of, status_of
from tests.people.make import PASSWORD

BODY: dict[str, Any] = {"name": "Nina", "email": "nina@example.com"}
SHOWN = [
    *("id", "name", "email", "role", "scopes", "disabled", "has_password"),
    *("created_at", "updated_at"),
]


async def test_a_person_is_added_and_shown(api: Api) -> None:
    body = BODY | {"role": "admin", "scopes": ["tickets:read"], "password": PASSWORD, "id": "x"}
    answer = await api.request("POST", PEOPLE, json=body)
    assert answer.status_code == 201
    person = answer.json()
    assert list(person) == SHOWN
    assert person["id"] != "x"
    assert (person["name"], person["email"], person["role"]) == ("Nina", BODY["email"], "admin")
    assert (person["scopes"], person["disabled"], person["has_password"]) == (
        *(["tickets:read"], False, True),
    )
    assert (await api.get(f"{PEOPLE}/{person['id']}")).json() == person
    assert PASSWORD not in answer.text
    assert await session_of(api)


async def test_a_person_is_a_user_without_password_unless_told_otherwise(api: Api) -> None:
    person = (await api.request("POST", PEOPLE, json=BODY)).json()
    assert (person["role"], person["scopes"], person["has_password"]) == ("user", None, False)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"name": None, "email": None}, ["name", "email"]),
        ({"name": " ", "email": "x" * 321}, ["name", "email"]),
        ({"email": "no address"}, ["email"]),
        ({"role": "owner", "scopes": ["x"], "password": "short"}, ["role", "scopes", "password"]),
        ({"role": None}, ["role"]),
        ({"name": "a\0b"}, ["name"]),
    ],
)
async def test_what_cannot_be_a_person_names_its_fields(
    api: Api, changes: dict[str, Any], fields: list[str]
) -> None:
    answer = await api.request("POST", PEOPLE, json=BODY | changes)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert (await api.get(PEOPLE + "?search=nina")).json()["total"] == 0


async def test_an_address_that_logs_in_elsewhere_is_a_conflict(api: Api) -> None:
    body = BODY | {"password": PASSWORD}
    assert (await status_of(api, PEOPLE, "POST", json=body))[0] == 201
    answer = await api.request("POST", PEOPLE, json=body | {"email": "NINA@example.com"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_the_same_idempotency_key_adds_one_person(api: Api) -> None:
    body, headers = BODY | {"password": PASSWORD}, {"Idempotency-Key": "k-1"}
    first = await api.request("POST", PEOPLE, json=body, headers=headers)
    again = await api.request("POST", PEOPLE, json=body, headers=headers)
    assert first.content == again.content
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.request(
        "POST", PEOPLE, json=body | {"password": PASSWORD + "2"}, headers=headers
    )
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    assert (await api.get(PEOPLE + "?search=nina")).json()["total"] == 1


async def test_people_are_for_admins_with_the_scope(api: Api) -> None:
    calls = [("GET", PEOPLE), ("GET", f"{PEOPLE}/ada"), ("POST", PEOPLE), ("PATCH", f"{PEOPLE}/a")]
    await api.as_(MAX).get(ME)
    await change(api, "max", scopes=["settings:read"])
    for method, path in calls:
        assert await status_of(api.as_(None), path, method) == (401, "not_authenticated")
        assert await status_of(api.as_(CLEO), path, method) == (403, "admin_required")
    for method, path in calls[:2]:
        assert await status_of(api.as_(MAX), path, method) == (200, "")
    for method, path in calls[2:]:
        assert await status_of(api.as_(MAX), path, method) == (403, "scope_required")


async def test_the_list_has_pages_and_filters(api: Api) -> None:
    for actor in (CLEO, MAX, ADA):
        await api.as_(actor).get(ME)
    page = (await api.get(f"{PEOPLE}?page_size=2")).json()
    assert (page["total"], page["page"], page["page_size"]) == (3, 1, 2)
    assert [person["id"] for person in page["people"]] == ["ada", "max"]
    rest = (await api.get(f"{PEOPLE}?page_size=2&page=2")).json()
    assert [person["id"] for person in rest["people"]] == ["cleo"]
    past = (await api.get(f"{PEOPLE}?page=9223372036854775807&page_size=100")).json()
    assert (past["people"], past["total"]) == ([], 3)
    await change(api, "max", disabled=True)
    for query, ids in {
        "role=user": ["cleo"],
        "role=admin&disabled=false": ["ada"],
        "disabled=1": ["max"],
        "search=marchetti": ["cleo"],
        "search=MAX%40EXAMPLE": ["max"],
        "search=+": ["ada", "max", "cleo"],
        "other=x": ["ada", "max", "cleo"],
    }.items():
        found = (await api.get(f"{PEOPLE}?{query}")).json()
        assert [person["id"] for person in found["people"]] == ids


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=x",
        "page_size=101",
        "page_size=0",
        "role=owner",
        "disabled=yes",
        "search=%00",
        "search=%ff",
        "page=9223372036854775808",
        "search=" + "x" * 201,
    ],
)
async def test_a_wrong_parameter_is_named(api: Api, query: str) -> None:
    answer = await api.get(f"{PEOPLE}?{query}")
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("person_id", ["https://idp.example/u//1?x#y", "a%2Fb", "a/", "é 猫", "+"])
async def test_any_id_of_a_host_has_a_path(api: Api, person_id: str) -> None:
    await api.as_(CLEO, sub=person_id).get(ME)
    path = f"{PEOPLE}/{quote(person_id, safe='')}"
    assert (await api.get(path)).json()["id"] == person_id
    changed = await api.request("PATCH", path, json={"disabled": True})
    assert changed.json()["disabled"] is True


@pytest.mark.parametrize("person_id", ["nobody", "%00", "%ff", "n" * 300])
async def test_an_unknown_person_is_not_found_whatever_is_sent(api: Api, person_id: str) -> None:
    path = f"{PEOPLE}/{person_id}"
    assert await status_of(api, path) == (404, "not_found")
    assert await status_of(api, path, "PATCH", content=b"rubbish") == (404, "not_found")


async def test_a_person_is_changed_field_by_field(api: Api) -> None:
    person = (await api.request("POST", PEOPLE, json=BODY)).json()
    path = f"{PEOPLE}/{person['id']}"
    for changes in (
        *({"name": "Nina R."}, {"email": "n@example.com"}, {"role": "admin"}),
        *({"scopes": ["settings:read"]}, {"scopes": None}, {"disabled": True}),
        *({"disabled": False}, {"role": "user", "scopes": []}),
    ):
        changed = (await api.request("PATCH", path, json=changes)).json()
        person |= changes | {"updated_at": changed["updated_at"]}
        assert changed == person
    for nothing in ({}, {"name": "Nina R."}, {"id": "x", "has_password": True}):
        assert (await api.request("PATCH", path, json=nothing)).json() == person


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"name": "", "email": "x@y", "role": None}, ["name", "role"]),
        ({"email": "nobody"}, ["email"]),
        ({"scopes": ["x"], "disabled": None}, ["scopes", "disabled"]),
        ({"disabled": "true"}, ["disabled"]),
        ([], ["body"]),
    ],
)
async def test_a_wrong_change_names_its_fields_and_changes_nothing(
    api: Api, body: object, fields: list[str]
) -> None:
    person = (await api.request("POST", PEOPLE, json=BODY)).json()
    path = f"{PEOPLE}/{person['id']}"
    answer = await api.request("PATCH", path, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert (await api.get(path)).json() == person


async def test_no_admin_locks_themself_out(api: Api) -> None:
    await api.get(ME)
    for body, field in (({"disabled": True}, "disabled"), ({"role": "user"}, "role")):
        answer = await api.request("PATCH", f"{PEOPLE}/ada", json=body)
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert await status_of(api, PEOPLE) == (200, "")


async def test_an_admin_with_limits_raises_nobody_above_them(api: Api) -> None:
    for actor in (CLEO, MAX, ADA):
        await api.as_(actor).get(ME)
    await change(api, "max", scopes=["settings:write", "tickets:read"])
    max_, refused = api.as_(MAX), (403, "scope_required")
    for body in ({"scopes": None}, {"scopes": ["settings:read", "tickets:read"]}):
        assert await status_of(max_, f"{PEOPLE}/max", "PATCH", json=body) == refused
    assert await status_of(max_, f"{PEOPLE}/cleo", "PATCH", json={"role": "admin"}) == refused
    assert await status_of(max_, PEOPLE, "POST", json=BODY | {"role": "admin"}) == refused
    less = {"role": "admin", "scopes": ["tickets:read"]}
    assert await status_of(max_, f"{PEOPLE}/cleo", "PATCH", json=less) == (200, "")
    assert await status_of(max_, PEOPLE, "POST", json=BODY | less) == (201, "")
    assert await status_of(max_, f"{PEOPLE}/ada", "PATCH", json={"name": "A"}) == (200, "")


async def test_limits_are_not_shed_by_taking_the_role_that_a_token_gives_back(api: Api) -> None:
    for actor in (MAX, ADA):
        await api.as_(actor).get(ME)
    await change(api, "max", scopes=["settings:write"])
    key = {"person_id": "ada", "name": "a detour", "scopes": ["settings:write"]}
    made = await api.as_(MAX).request("POST", "/api/v1/admin/keys", json=key)
    as_ada = api.with_token(made.json()["secret"])
    for scopes in (None, ["settings:write", "tickets:read"]):
        body = {"role": "user", "scopes": scopes}
        refused = await status_of(as_ada, f"{PEOPLE}/max", "PATCH", json=body)
        assert refused == (403, "scope_required")
    assert await status_of(as_ada, f"{PEOPLE}/max", "PATCH", json={"role": "user"}) == (200, "")
    assert (await api.as_(MAX).get(ME)).json()["scopes"] == ["settings:write"]
    assert await status_of(api.as_(MAX), ADMIN_TICKETS) == (403, "scope_required")

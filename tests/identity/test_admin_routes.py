import pytest

from tests.cast import ADA, CLEO, MAX
from tests.client import Api
from tests.identity.test_guards import KEYS, ME, change, status_of
from ticketpen.ids import new_id

BODY = {"person_id": "ada", "name": "Nightly report", "scopes": ["tickets:read"]}


async def test_a_key_is_made_shown_once_listed_and_revoked(api: Api) -> None:
    await api.get(ME)
    answer = await api.request("POST", KEYS, json=BODY)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    key = answer.json()
    secret = key.pop("secret")
    assert key == BODY | {
        "id": key["id"],
        "hint": secret[:8],
        "created_at": key["created_at"],
        "revoked_at": None,
    }
    listed = await api.get(KEYS)
    assert listed.json() == {"keys": [key]}
    assert secret not in listed.text
    assert (await api.with_token(secret).get(ME)).json()["id"] == "ada"
    answer = await api.request("DELETE", f"{KEYS}/{key['id'].upper()}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert await status_of(api.with_token(secret), ME) == (401, "not_authenticated")
    [revoked] = (await api.get(KEYS)).json()["keys"]
    assert revoked["revoked_at"] is not None
    assert (await api.request("DELETE", f"{KEYS}/{key['id']}")).status_code == 204
    assert (await api.get(KEYS)).json()["keys"] == [revoked]


async def test_keys_are_for_admins_with_the_scope(api: Api) -> None:
    calls = [("GET", KEYS), ("POST", KEYS), ("DELETE", f"{KEYS}/{new_id()}")]
    await api.as_(MAX).get(ME)
    await change(api, "max", scopes=["settings:read"])
    for method, path in calls:
        assert await status_of(api.as_(None), path, method) == (401, "not_authenticated")
        # Rubbish of a user is refused before it is read.
        assert await status_of(api.as_(CLEO), path, method) == (403, "admin_required")
    assert await status_of(api.as_(MAX), KEYS) == (200, "")
    for method, path in calls[1:]:
        assert await status_of(api.as_(MAX), path, method) == (403, "scope_required")


async def test_a_key_holds_no_scope_its_maker_lacks(api: Api) -> None:
    for actor in (ADA, MAX):
        await api.as_(actor).get(ME)
    await change(api, "max", scopes=["settings:write", "tickets:read"])
    max_ = api.as_(MAX)
    assert await status_of(max_, KEYS, "POST", json=BODY) == (201, "")
    more = BODY | {"scopes": ["tickets:read", "tickets:write"]}
    assert await status_of(max_, KEYS, "POST", json=more) == (403, "scope_required")


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"person_id": "nobody"}, ["person_id"]),
        (
            {"person_id": None, "name": " ", "scopes": "tickets:read"},
            ["person_id", "name", "scopes"],
        ),
        ({"name": "n" * 256}, ["name"]),
        ({"name": "a\nb"}, ["name"]),
        ({"scopes": []}, ["scopes"]),
        ({"scopes": None}, ["scopes"]),
        ({"scopes": ["everything"]}, ["scopes"]),
    ],
)
async def test_what_cannot_be_a_key_names_its_fields(
    api: Api, changes: dict[str, object], fields: list[str]
) -> None:
    await api.get(ME)
    answer = await api.request("POST", KEYS, json=BODY | changes)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields
    assert (await api.get(KEYS)).json() == {"keys": []}


@pytest.mark.parametrize("key_id", ["01a21066-f0ba-736c-b934-fc578b63372a", "x", "1", "%00"])
async def test_a_key_nobody_made_is_not_found(api: Api, key_id: str) -> None:
    assert await status_of(api, f"{KEYS}/{key_id}", "DELETE") == (404, "not_found")

import pytest

from tests.cast import ADA, CLEO
from tests.client import Api
from tests.identity.test_guards import EMAIL, LOGIN, ME, add, key_for, session_of, status_of
from tests.people.make import PASSWORD, set_clock
from ticketpen.clock import DAY, now, rfc3339

LOGOUT = "/api/v1/auth/logout"
PASSWORDS = "/api/v1/auth/password"
ALL = ["settings:read", "settings:write", "tickets:read", "tickets:write"]
NEW = "another good password"


async def test_logging_in_answers_a_token_a_user_and_a_cookie(api: Api) -> None:
    moment = now()
    set_clock(moment)
    person_id = await add(api, role="admin")
    body = {"email": "NINA@example.com", "password": PASSWORD}
    answer = await api.as_(None).request("POST", LOGIN, json=body)
    assert answer.status_code == 200
    assert answer.json() == {
        "token": answer.json()["token"],
        "expires_at": rfc3339(moment + 90 * DAY),
        "user": {
            "id": person_id,
            "name": "Nina",
            "email": EMAIL,
            "role": "admin",
            "scopes": ALL,
        },
    }
    token = answer.json()["token"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["set-cookie"].startswith(f"ticketpen_session={token}; HttpOnly;")
    assert (await api.with_token(token).get(ME)).json() == answer.json()["user"]


async def test_a_log_in_never_continues_a_session_that_was_brought_along(api: Api) -> None:
    await add(api)
    brought = await session_of(api)
    answer = await api.as_(None).request(
        "POST",
        LOGIN,
        json={"email": EMAIL, "password": PASSWORD},
        headers={"Cookie": f"ticketpen_session={brought}"},
    )
    assert answer.json()["token"] != brought


async def test_a_failed_log_in_does_not_tell_whether_the_account_exists(api: Api) -> None:
    await add(api)
    bodies = []
    for email in (EMAIL, "nobody@example.com"):
        answer = await api.as_(None).request(
            "POST", LOGIN, json={"email": email, "password": "wrong"}
        )
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "set-cookie" not in answer.headers
        body = answer.json()
        assert body.pop("request_id") is not None
        bodies.append(body)
    assert bodies[0] == bodies[1]
    assert bodies[0]["code"] == "invalid_credentials"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["email", "password"]),
        ({"email": None, "password": 7}, ["email", "password"]),
        ({"email": "a" * 321, "password": "x" * 1025}, ["email", "password"]),
        ({"email": "a\0", "password": "\0"}, ["email", "password"]),
        ([], ["body"]),
    ],
)
async def test_a_log_in_of_another_shape_names_the_fields(
    api: Api, body: object, fields: list[str]
) -> None:
    answer = await api.as_(None).request("POST", LOGIN, json=body)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == fields


async def test_a_log_in_is_json_and_comes_from_no_other_site(api: Api) -> None:
    nobody = api.as_(None)
    form = {"email": EMAIL, "password": PASSWORD}
    assert (await status_of(nobody, LOGIN, "POST", data=form))[0] == 415
    json = {"Content-Type": "application/json"}
    broken = await status_of(nobody, LOGIN, "POST", content=b"{", headers=json)
    assert broken == (400, "malformed_request")
    evil = {"Origin": "https://evil.example"}
    found = await status_of(nobody, LOGIN, "POST", json=form, headers=evil)
    assert found == (403, "cross_site_request")


async def test_logging_out_ends_the_session_and_clears_the_cookie(api: Api) -> None:
    await add(api)
    mine, other = await session_of(api), await session_of(api)
    answer = await api.as_(None).request(
        "POST", LOGOUT, headers={"Cookie": f"ticketpen_session={mine}"}
    )
    assert answer.status_code == 204
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await status_of(api.with_token(mine), ME))[0] == 401
    assert (await status_of(api.with_token(other), ME))[0] == 200


async def test_logging_out_everywhere_ends_every_session(api: Api) -> None:
    await add(api)
    tokens = [await session_of(api) for _ in range(3)]
    answer = await api.with_token(tokens[0]).request("POST", LOGOUT + "?all=1")
    assert answer.status_code == 204
    for token in tokens:
        assert (await status_of(api.with_token(token), ME))[0] == 401


async def test_logging_out_needs_a_session_to_end(api: Api) -> None:
    assert await status_of(api.as_(None), LOGOUT, "POST") == (401, "not_authenticated")
    assert await status_of(api.as_(CLEO), LOGOUT + "?all=x", "POST") == (422, "invalid_value")
    assert (await api.as_(CLEO).request("POST", LOGOUT)).status_code == 204
    assert await status_of(api.as_(CLEO), ME) == (200, "")


async def test_everybody_sees_themself(api: Api) -> None:
    assert (await api.as_(CLEO).get(ME)).json() == {
        "id": "cleo",
        "name": CLEO.name,
        "email": CLEO.email,
        "role": "user",
        "scopes": [],
    }
    assert (await api.as_(ADA).get(ME)).json()["scopes"] == ALL
    key = await key_for(api, "ada", "tickets:read", "settings:read")
    assert (await api.with_token(key).get(ME)).json()["scopes"] == ["settings:read", "tickets:read"]
    assert await status_of(api.as_(None), ME) == (401, "not_authenticated")


async def test_a_name_can_be_changed_and_nothing_else(api: Api) -> None:
    person_id = await add(api)
    nina = api.with_token(await session_of(api))
    body = {"name": " Nina R. ", "role": "admin", "email": "x@example.com", "id": "x"}
    answer = await nina.request("PATCH", ME, json=body)
    expected = {"id": person_id, "name": "Nina R.", "email": EMAIL, "role": "user", "scopes": []}
    assert answer.json() == expected
    assert (await nina.get(ME)).json() == expected


@pytest.mark.parametrize("name", ["", " ", None, 7, "a\nb", "n" * 256])
async def test_a_name_that_is_none_is_refused(api: Api, name: object) -> None:
    answer = await api.as_(CLEO).request("PATCH", ME, json={"name": name})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["name"]
    assert (await api.as_(CLEO).get(ME)).json()["name"] == CLEO.name


async def test_a_new_password_leaves_only_the_session_that_set_it(api: Api) -> None:
    await add(api)
    mine, other = await session_of(api), await session_of(api)
    body = {"current_password": PASSWORD, "new_password": NEW}
    answer = await api.with_token(mine).request("POST", PASSWORDS, json=body)
    assert answer.status_code == 204
    assert (await status_of(api.with_token(mine), ME))[0] == 200
    assert (await status_of(api.with_token(other), ME))[0] == 401
    old = {"email": EMAIL, "password": PASSWORD}
    assert (await status_of(api.as_(None), LOGIN, "POST", json=old))[0] == 401
    assert (await status_of(api.as_(None), LOGIN, "POST", json=old | {"password": NEW}))[0] == 200


async def test_a_new_password_needs_the_current_one(api: Api) -> None:
    await add(api)
    nina = api.with_token(await session_of(api))
    wrong = {"current_password": "wrong", "new_password": NEW}
    assert await status_of(nina, PASSWORDS, "POST", json=wrong) == (401, "invalid_credentials")
    assert await status_of(api.as_(CLEO), PASSWORDS, "POST", json=wrong) == (
        *(401, "invalid_credentials"),
    )
    assert await status_of(api.as_(None), PASSWORDS, "POST", json=wrong) == (
        *(401, "not_authenticated"),
    )
    short = {"current_password": PASSWORD, "new_password": "short"}
    answer = await nina.request("POST", PASSWORDS, json=short)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == ["new_password"]


async def test_what_came_by_https_keeps_its_cookie_to_https(api: Api) -> None:
    await add(api)
    given = {"email": EMAIL, "password": PASSWORD}
    for scheme, is_secure in (("http", False), ("https", True)):
        answer = await api.as_(None).request("POST", f"{scheme}://tickets.test{LOGIN}", json=given)
        assert answer.status_code == 200
        assert ("; Secure" in answer.headers["set-cookie"]) is is_secure

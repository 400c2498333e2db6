"""Every refusal has one shape, a stable code, and tells nothing of the inside."""

import json

import httpx2

from tests.pictures import png, png_of_size
from tests.tickets.make import (
    ADMIN_TICKETS,
    CLEO,
    NOBODYS_ID,
    TICKETS,
    Api,
    picture,
    set_status,
)

PNG = png()
LARGE = png_of_size(5_242_881)
BODY = {"body": "x"}
FORM = {"Content-Type": "multipart/form-data; boundary=x"}
FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
INSIDE = ("Traceback", "SELECT", "sqlite", "asyncpg", "/src/", ".py", "site-packages", "msgspec")


async def refusals(api: Api) -> dict[str, tuple[int, httpx2.Response]]:
    """One answer for each code that a caller of the ticket API can meet."""
    cleo, nobody = api.as_(CLEO), api.as_(None)
    ticket_id = (await cleo.open())["id"]
    closed = (await cleo.open())["id"]
    await set_status(api, closed, "closed")
    replies = f"{TICKETS}/{ticket_id}/messages"
    shot = (await cleo.open(files=[picture(PNG)]))["messages"][0]["attachments"][0]["url"]
    big = {"Content-Length": str(2**40)}
    text = {"Content-Type": "text/plain"}
    return {
        "ticket_closed": (400, await cleo.reply(closed)),
        "invalid_file_type": (400, await cleo.post_form(replies, BODY, [picture(b"GIF89a")])),
        "invalid_file": (400, await cleo.post_form(replies, BODY, [picture(PNG[:-9])])),
        "file_too_large": (400, await cleo.post_form(replies, BODY, [picture(LARGE)])),
        "too_many_files": (400, await cleo.post_form(replies, BODY, [picture(PNG)] * 4)),
        "malformed_request": (400, await cleo.request("POST", replies, headers=FORM, content=b"x")),
        "not_authenticated": (401, await nobody.get(TICKETS)),
        "token_expired": (401, await api.as_(CLEO, exp=1_000_000).get(TICKETS)),
        "admin_required": (403, await cleo.get(ADMIN_TICKETS)),
        "ticket_not_found": (404, await cleo.get(f"{TICKETS}/{NOBODYS_ID}")),
        "attachment_not_found": (404, await cleo.get(shot + "x")),
        "not_found": (404, await cleo.get("/api/v1/nothing")),
        "method_not_allowed": (405, await cleo.request("DELETE", TICKETS)),
        "stale": (412, await api.patch(ticket_id, {"If-Match": '"0"'}, status="open")),
        "body_too_large": (413, await cleo.request("POST", TICKETS, headers=big, content=b"x")),
        "unsupported_media_type": (415, await cleo.request("POST", TICKETS, headers=text)),
        "range_not_satisfiable": (416, await cleo.get(shot, headers={"Range": "bytes=999999-"})),
        "invalid_value": (422, await cleo.get(TICKETS + "?page=0")),
    }


async def test_every_error_has_one_shape_and_its_own_stable_code(api: Api) -> None:
    for code, (status, answer) in (await refusals(api)).items():
        body = answer.json()
        assert (answer.status_code, body["status"], body["code"]) == (status, status, code), code
        assert answer.headers["content-type"] == "application/problem+json"
        assert body.keys() - {"errors"} == FIELDS
        assert all(isinstance(body[name], str) and body[name] for name in FIELDS - {"status"})
        assert body["request_id"] == answer.headers["x-request-id"]
        assert ("errors" in body) == (status == 422)
        for error in body.get("errors", []):
            assert error.keys() == {"field", "message"}
        assert not [word for word in INSIDE if word in answer.text], code
        assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_callers_request_id_comes_back_in_head_and_body(api: Api) -> None:
    for asked, kept in (("abc.DEF_1-2", True), ("a b", False), ("x" * 200, False), ("", False)):
        answer = await api.get("/nothing", headers={"X-Request-ID": asked})
        assert answer.json()["request_id"] == answer.headers["x-request-id"]
        assert (answer.headers["x-request-id"] == asked) == kept


async def test_the_detail_of_a_wrong_file_names_the_file_and_the_reason(api: Api) -> None:
    files = [picture(PNG, "good.png"), picture(b"GIF89a....", "Urlaub ü.png")]
    answer = await api.post_form(TICKETS, {"subject": "s", "message": "m"}, files)
    assert "Urlaub ü.png" in answer.json()["detail"]
    assert "GIF" in answer.json()["detail"]
    assert "good.png" not in answer.json()["detail"]


async def test_a_422_tells_each_wrong_field_with_what_is_allowed(api: Api) -> None:
    answer = await api.get(ADMIN_TICKETS + "?status=x&order=y&page_size=999")
    errors = {error["field"]: error["message"] for error in answer.json()["errors"]}
    assert errors.keys() == {"status", "order", "page_size"}
    assert "in_progress" in errors["status"]
    assert "asc" in errors["order"]
    assert "100" in errors["page_size"]
    assert json.loads(answer.content)["detail"]

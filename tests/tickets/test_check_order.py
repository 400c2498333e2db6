"""The order of checks: 413, 401, 403, 404, 415, 400 malformed, 422, 400 files, 409, 400 closed.

Each request is wrong in every later way too, so that the answer shows which check came first."""

from typing import Any, Self

import httpx2
import pytest

from tests.pictures import png
from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    BOUNDARY,
    CLEO,
    MALLORY,
    NOBODYS_ID,
    TICKETS,
    Api,
    everything,
    fetch,
    form_body,
    part,
    picture,
    refusal,
    set_status,
)
from ticketpen.settings import Settings

FORM = f"multipart/form-data; boundary={BOUNDARY}"
TOO_LONG = str(32 * 1024 * 1024 + 1)
FAKE = part("files", b"GIF89a", "x.png", "image/png")
GOOD_TEXT, BAD_TEXT = part("body", b"x"), part("body", b"")


class Unread:
    """A body that nobody may read."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        raise AssertionError("the body was read")


async def post(
    api: Api, path: str, body: bytes, kind: str | None = FORM, **headers: str
) -> httpx2.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if kind is not None:
        sent["Content-Type"] = kind
    return await api.request("POST", path, content=body, headers=sent)


@pytest.fixture
async def closed(api: Api) -> str:
    """The id of a closed ticket of Cleo's."""
    ticket = await api.as_(CLEO).open()
    await set_status(api, ticket["id"], "closed")
    return str(ticket["id"])


async def test_a_declared_length_over_the_limit_comes_before_everything(
    api: Api, closed: str
) -> None:
    for path in (TICKETS, f"{ADMIN_TICKETS}/{closed}/messages", f"{TICKETS}/x/messages"):
        for caller in (api.as_(None), api.as_(MALLORY)):
            answer = await post(caller, path, b"rubbish", None, Content_Length=TOO_LONG)
            assert refusal(answer) == (413, "body_too_large")


async def test_an_anonymous_caller_is_401_whatever_is_sent_and_the_body_is_not_read(
    api: Api, closed: str
) -> None:
    for path in (TICKETS, f"{TICKETS}/{closed}/messages", f"{ADMIN_TICKETS}/{closed}/messages"):
        for kind in (FORM, "text/plain"):
            answer = await api.as_(None).request(
                "POST", path, content=Unread(), headers={"Content-Type": kind}
            )
            assert refusal(answer) == (401, "not_authenticated")
    answer = await api.as_(None).request("PATCH", f"{ADMIN_TICKETS}/{closed}", content=Unread())
    assert refusal(answer) == (401, "not_authenticated")


async def test_a_user_who_sends_rubbish_to_an_admin_path_is_403(api: Api, closed: str) -> None:
    for ticket_id in (closed, NOBODYS_ID, "x"):
        answer = await post(api.as_(CLEO), f"{ADMIN_TICKETS}/{ticket_id}/messages", b"\0", "x/y")
        assert refusal(answer) == (403, "admin_required")
        patched = await api.as_(CLEO).request(
            "PATCH", f"{ADMIN_TICKETS}/{ticket_id}", content=b"{", headers={"If-Match": '"x"'}
        )
        assert refusal(patched) == (403, "admin_required")
    listed = await api.as_(CLEO).get(f"{ADMIN_TICKETS}?status=rubbish&cursor=x&page=0")
    assert refusal(listed) == (403, "admin_required")


async def test_a_ticket_that_is_not_there_comes_before_what_is_sent(api: Api, closed: str) -> None:
    for kind in (FORM, "text/plain"):
        stranger = await post(api.as_(MALLORY), f"{TICKETS}/{closed}/messages", b"\0", kind)
        assert refusal(stranger) == (404, "ticket_not_found")
        nowhere = await post(api, f"{ADMIN_TICKETS}/{NOBODYS_ID}/messages", b"\0", kind)
        assert refusal(nowhere) == (404, "ticket_not_found")
    patched = await api.request("PATCH", f"{ADMIN_TICKETS}/{NOBODYS_ID}", content=b"{")
    assert refusal(patched) == (404, "ticket_not_found")


async def test_the_content_type_comes_before_the_bytes(api: Api, closed: str) -> None:
    kinds = [None, "", "text/plain", "application/json", "application/x-www-form-urlencoded"]
    kinds += ["multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-dataX"]
    for path in (TICKETS, f"{TICKETS}/{closed}/messages"):
        for kind in kinds:
            answer = await post(api.as_(CLEO), path, b"rubbish", kind)
            assert refusal(answer) == (415, "unsupported_media_type"), kind
    patched = await api.request(
        "PATCH", f"{ADMIN_TICKETS}/{closed}", content=b"{", headers={"If-Match": '"x"'}
    )
    assert refusal(patched) == (415, "unsupported_media_type")


async def test_a_broken_form_comes_before_its_fields(
    api: Api, settings: Settings, closed: str
) -> None:
    whole = form_body([BAD_TEXT, FAKE])
    broken = {
        "rubbish": b"rubbish",
        "empty": b"",
        "cut short": whole[:-8],
        "cut in a head": form_body([])[:10] + b"\r\nContent-Disp",
        "another boundary": whole.replace(BOUNDARY.encode(), b"another"),
        "a part without a name": form_body([b"--" + BOUNDARY.encode() + b"\r\n\r\nx\r\n"]),
    }
    before = await everything(settings)
    for path in (TICKETS, f"{TICKETS}/{closed}/messages"):
        for case, body in broken.items():
            answer = await post(api.as_(CLEO), path, body)
            assert refusal(answer) == (400, "malformed_request"), case
    patched = await api.request(
        "PATCH",
        f"{ADMIN_TICKETS}/{closed}",
        content=b"{",
        headers={"If-Match": '"x"', "Content-Type": "application/json"},
    )
    assert refusal(patched) == (400, "malformed_request")
    assert await everything(settings) == before


async def test_wrong_texts_come_before_wrong_files(api: Api, closed: str) -> None:
    for path in (f"{TICKETS}/{closed}/messages", TICKETS):
        four = [BAD_TEXT, FAKE, FAKE, FAKE, FAKE]
        answer = await post(api.as_(CLEO), path, form_body(four))
        assert refusal(answer) == (422, "invalid_value")


async def test_a_key_that_is_none_comes_before_wrong_files(api: Api, closed: str) -> None:
    path = f"{TICKETS}/{closed}/messages"
    for key in ("", "k" * 256, "käse"):
        headers: Any = {b"Content-Type": FORM.encode(), b"Idempotency-Key": key.encode()}
        answer = await api.as_(CLEO).request(
            "POST",
            path,
            content=form_body([GOOD_TEXT, FAKE]),
            headers=headers,
        )
        assert refusal(answer) == (422, "invalid_value"), key


async def test_a_key_of_another_request_comes_before_wrong_files(api: Api, closed: str) -> None:
    cleo = api.as_(CLEO)
    headers = {"Idempotency-Key": "k"}
    first = await cleo.post_form(TICKETS, {"subject": "s", "message": "m"}, headers=headers)
    assert first.status_code == 201
    path = f"{TICKETS}/{closed}/messages"
    answer = await post(cleo, path, form_body([GOOD_TEXT, FAKE]), Idempotency_Key="k")
    assert refusal(answer) == (422, "idempotency_mismatch")


async def test_wrong_files_come_before_the_closed_ticket(
    api: Api, settings: Settings, closed: str
) -> None:
    before = await everything(settings)
    for path, caller in ((TICKETS, api.as_(CLEO)), (ADMIN_TICKETS, api.as_(ADA))):
        answer = await post(caller, f"{path}/{closed}/messages", form_body([GOOD_TEXT, FAKE]))
        assert refusal(answer) == (400, "invalid_file_type")
    assert await everything(settings) == before


async def test_a_request_still_running_comes_before_the_closed_ticket(
    api: Api, settings: Settings
) -> None:
    cleo = api.as_(CLEO)
    ticket = await cleo.open()
    headers = {"Idempotency-Key": "k"}
    path = f"{TICKETS}/{ticket['id']}/messages"
    await cleo.post_form(path, {"body": "x"}, [picture(png())], headers)
    await set_status(api, ticket["id"], "closed")
    await fetch(settings, "UPDATE idempotency_keys SET status = NULL, answer = NULL")
    answer = await cleo.post_form(path, {"body": "x"}, [picture(png())], headers)
    assert refusal(answer) == (409, "idempotency_conflict")


async def test_a_wrong_value_comes_before_a_stale_version(api: Api, closed: str) -> None:
    stale = {"If-Match": '"x"'}
    wrong = await api.patch(closed, stale, status="rubbish")
    assert refusal(wrong) == (422, "invalid_value")
    right = await api.patch(closed, stale, status="open")
    assert refusal(right) == (412, "stale")


async def test_unknown_paths_and_methods_need_no_caller(api: Api, closed: str) -> None:
    nobody = api.as_(None)
    for path in ("/", "/api", "/api/v1/support", f"{TICKETS}/{closed}/nothing", "/api/v2/tickets"):
        assert refusal(await nobody.get(path)) == (404, "not_found")
    wrong_methods = [
        ("DELETE", TICKETS, {"GET", "HEAD", "POST", "OPTIONS"}),
        ("PUT", f"{TICKETS}/{closed}", {"GET", "HEAD", "OPTIONS"}),
        ("GET", f"{TICKETS}/{closed}/messages", {"POST", "OPTIONS"}),
        ("POST", ADMIN_TICKETS, {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", f"{ADMIN_TICKETS}/{closed}", {"GET", "HEAD", "PATCH", "OPTIONS"}),
        ("POST", f"{TICKETS}/{closed}/attachments/{closed}/x.png", {"GET", "HEAD"}),
    ]
    for method, path, allowed in wrong_methods:
        answer = await nobody.request(method, path)
        assert refusal(answer) == (405, "method_not_allowed"), path
        assert {word.strip() for word in answer.headers["allow"].split(",")} >= allowed

"""Oversized everything: refused at its limit with the right status, quickly, nothing kept."""

from collections.abc import AsyncIterator
from time import process_time

import pytest

from tests.cast import CLEO
from tests.client import ADMIN_TICKETS, TICKETS, Api
from tests.pictures import png, png_of_size
from tests.tickets.make import (
    BOUNDARY,
    everything,
    form_body,
    new_ticket_parts,
    part,
    picture,
    refusal,
    send_raw,
    wrong_fields,
)
from ticketpen.settings import Settings

MEGABYTE = 1024 * 1024
LIMIT = 32 * MEGABYTE


@pytest.fixture(autouse=True)
async def _nothing_kept_and_no_time_lost(api: Api, settings: Settings) -> AsyncIterator[None]:
    await api.as_(CLEO).get("/api/v1/auth/me")
    before = await everything(settings)
    started = process_time()
    yield
    assert process_time() - started < 10
    assert await everything(settings) == before
    assert not list((settings.data_path / "uploads").glob("*"))


async def test_a_body_that_declares_more_than_the_limit_is_413(api: Api) -> None:
    for length in (LIMIT + 1, 10**12, 10**30):
        headers = {"Content-Length": str(length)}
        answer = await api.as_(CLEO).request("POST", TICKETS, content=b"x", headers=headers)
        assert refusal(answer) == (413, "body_too_large")


async def test_a_body_that_turns_out_larger_than_the_limit_is_413(api: Api) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield form_body(new_ticket_parts())[:-20]
        for _ in range(33):
            yield bytes(MEGABYTE)

    kind = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    answer = await api.as_(CLEO).request("POST", TICKETS, content=body(), headers=kind)
    assert refusal(answer) == (413, "body_too_large")


async def test_a_json_body_larger_than_the_limit_is_413(api: Api) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b'{"status": "'
        for _ in range(33):
            yield b"x" * MEGABYTE

    path = "/api/v1/auth/login"
    kind = {"Content-Type": "application/json"}
    answer = await api.as_(None).request("POST", path, content=body(), headers=kind)
    assert refusal(answer) == (413, "body_too_large")


async def test_json_that_would_fill_the_memory_is_refused_unread(api: Api) -> None:
    taken = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal taken
        yield b'{"email": "a@example.com", "password": "x", "more": [[]'
        for _ in range(30):
            taken += 1
            yield b",[]" * (MEGABYTE // 3)
        yield b"]}"

    kind = {"Content-Type": "application/json"}
    answer = await api.as_(None).request("POST", "/api/v1/auth/login", content=body(), headers=kind)
    assert refusal(answer) == (413, "body_too_large")
    assert taken <= 2


async def test_an_oversized_file_within_the_body_limit_is_400(api: Api) -> None:
    for size in (5 * MEGABYTE + 1, 20 * MEGABYTE):
        answer = await api.as_(CLEO).post_form(
            TICKETS, {"subject": "s", "message": "m"}, [picture(png_of_size(size))]
        )
        assert refusal(answer) == (400, "file_too_large")


async def test_texts_far_too_long_are_422(api: Api) -> None:
    for size in (5001, 300_000, 20 * MEGABYTE):
        for field in ("subject", "message"):
            texts = {"subject": b"s", "message": b"m"} | {field: b"x" * size}
            parts = [part(name, value) for name, value in texts.items()]
            answer = await send_raw(api.as_(CLEO), TICKETS, parts)
            assert wrong_fields(answer) == [field], size


async def test_very_many_parts_are_malformed(api: Api) -> None:
    parts = new_ticket_parts(*[part("x", b"")] * 2_000)
    answer = await send_raw(api.as_(CLEO), TICKETS, parts)
    assert refusal(answer) == (400, "malformed_request")


async def test_very_many_files_are_too_many(api: Api) -> None:
    answer = await api.as_(CLEO).post_form(
        TICKETS, {"subject": "s", "message": "m"}, [picture(png())] * 90
    )
    assert refusal(answer) == (400, "too_many_files")


async def test_a_part_with_an_endless_head_is_malformed(api: Api) -> None:
    for head in (b"x" * MEGABYTE, b'x"\r\nX-A: ' + b"a" * MEGABYTE, b'x"' + b"\r\nA: b" * 50_000):
        answer = await send_raw(api.as_(CLEO), TICKETS, new_ticket_parts(part(head, b"x")))
        assert answer.status_code in (400, 422), head[:5]


async def test_a_boundary_of_any_length_is_an_answer_below_500(api: Api) -> None:
    for boundary in ("", "b" * 71, "b" * 10_000, "é", '"', "a b"):
        kind = f"multipart/form-data; boundary={boundary}".encode()
        headers: dict[bytes, bytes] = {b"Content-Type": kind}
        answer = await api.as_(CLEO).request("POST", TICKETS, content=b"x", headers=headers)  # type: ignore[arg-type]
        assert answer.status_code in (400, 415)


async def test_deep_and_wide_json_is_refused_without_a_crash(api: Api) -> None:
    for body in (b"[" * 200_000, b'{"a":' * 200_000, b'{"a":' * 500 + b"1" + b"}" * 500):
        for path, method in (("/api/v1/auth/login", "POST"), (f"{ADMIN_TICKETS}/x", "PATCH")):
            kind = {"Content-Type": "application/json"}
            answer = await api.request(method, path, content=body, headers=kind)
            assert answer.status_code in (400, 404, 422)


async def test_endless_queries_cursors_and_keys_are_422(api: Api) -> None:
    long = "x" * 60_000
    assert wrong_fields(await api.get(ADMIN_TICKETS, params={"search": long})) == ["search"]
    assert wrong_fields(await api.get(ADMIN_TICKETS, params={"cursor": long})) == ["cursor"]
    assert wrong_fields(await api.get(ADMIN_TICKETS, params={"page": "9" * 5_000})) == ["page"]
    assert wrong_fields(await api.get(ADMIN_TICKETS, params={"status": "open," * 9_000 + "x"}))
    many = await api.get(ADMIN_TICKETS + "?" + "status=open&" * 5_000)
    assert many.status_code == 200
    answer = await api.post_form(TICKETS, {"subject": "s"}, headers={"Idempotency-Key": long})
    assert refusal(answer) == (422, "invalid_value")
    wide = await api.get(
        ADMIN_TICKETS, params={"user_id": long[:30_000], "user_email": "é" * 3_000}
    )
    assert wide.json()["tickets"] == []


async def test_an_endless_token_or_tag_is_refused_or_ignored(api: Api) -> None:
    for token in ("x" * 60_000, "a.b.c" * 9_000, "tp_" + "A" * 60_000, "tps_" + "A" * 60_000):
        assert refusal(await api.with_token(token).get(TICKETS))[0] == 401
    tags = ", ".join(f'"{n}"' for n in range(8_000))
    answer = await api.get(f"{TICKETS}/x", headers={"If-None-Match": tags})
    assert refusal(answer) == (404, "ticket_not_found")


async def test_a_path_of_any_length_is_not_found(api: Api) -> None:
    for path in (f"{TICKETS}/{'x' * 20_000}", TICKETS + "/x" * 5_000, "/x" + "/" * 5_000):
        assert (await api.get(path)).status_code == 404

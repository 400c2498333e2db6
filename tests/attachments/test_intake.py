"""Screenshots on their way in: size, number, kind, name, metadata; what is kept and refused."""

import re
from typing import Any

import httpx2
import pytest

from tests.attachments.corpus import SAMPLES, SECRET
from tests.attachments.looking import look, orientation_of
from tests.pictures import (
    PRETENDERS,
    jpeg,
    jpeg_with_place,
    moving_webp,
    pixels,
    png,
    png_of_pixels,
    png_of_size,
    webp,
)
from tests.tickets.make import (
    CLEO,
    TICKETS,
    Api,
    everything,
    new_ticket_parts,
    part,
    picture,
    refusal,
    send_raw,
)
from ticketpen.settings import Settings

FIELDS = {"subject": "s", "message": "m"}
LIMIT = 5_242_880


async def send(api: Api, *files: tuple[str, bytes, str]) -> httpx2.Response:
    return await api.as_(CLEO).post_form(TICKETS, FIELDS, files)


async def attach(api: Api, *files: tuple[str, bytes, str]) -> list[dict[str, Any]]:
    """Send the files; what the answer says of them."""
    answer = await send(api, *files)
    assert answer.status_code == 201, answer.text
    found: list[dict[str, Any]] = answer.json()["messages"][0]["attachments"]
    return found


async def fetch_file(api: Api, attachment: dict[str, Any]) -> bytes:
    answer = await api.as_(CLEO).get(attachment["url"])
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == attachment["content_type"]
    assert len(answer.content) == attachment["size"]
    return answer.content


async def test_three_files_of_exactly_five_megabytes_pass(api: Api) -> None:
    big = png_of_size(LIMIT)
    assert len(big) == LIMIT
    attached = await attach(api, *(picture(big, f"{n}.png") for n in range(3)))
    assert [a["size"] for a in attached] == [LIMIT] * 3
    assert await fetch_file(api, attached[2]) == big


async def test_one_byte_more_is_refused_with_400(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    answer = await send(api, picture(png()), picture(png_of_size(LIMIT + 1), "large.png"))
    assert refusal(answer) == (400, "file_too_large")
    assert "large.png" in answer.json()["detail"]
    assert await everything(settings) == before


async def test_a_fourth_file_is_refused(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    for extra in (png(), b"not even a picture"):
        answer = await send(api, *[picture(png())] * 3, picture(extra))
        assert refusal(answer) == (400, "too_many_files")
    assert refusal(await send(api, *[picture(png())] * 20)) == (400, "too_many_files")
    assert await everything(settings) == before


@pytest.mark.parametrize("name", PRETENDERS)
async def test_what_only_pretends_to_be_a_picture_is_refused(
    api: Api, settings: Settings, name: str
) -> None:
    before = await everything(settings)
    for filename, declared in (("x.png", "image/png"), ("x.jpeg", ""), ("x.webp", "image/webp")):
        answer = await send(api, picture(PRETENDERS[name], filename, declared))
        assert refusal(answer) == (400, "invalid_file_type"), filename
        assert filename in answer.json()["detail"]
    assert await everything(settings) == before


async def test_a_name_must_end_like_a_picture(api: Api) -> None:
    for name in ("x", "x.gif", "x.svg", "png", "x.png.exe", "x.html", "x.png.", "x.jpg/", "x.jpe"):
        answer = await send(api, picture(png(), name))
        assert refusal(answer) == (400, "invalid_file_type"), name
    attached = await attach(api, picture(png(), "A.PNG"), picture(jpeg(), "B.JpEg"))
    assert [a["original_name"] for a in attached] == ["A.PNG", "B.JpEg"]


async def test_a_declared_type_of_another_kind_is_refused(api: Api) -> None:
    for declared in ("image/gif", "text/html", "image/svg+xml", "application/pdf", "image/*", "x"):
        answer = await send(api, picture(png(), kind=declared))
        assert refusal(answer) == (400, "invalid_file_type"), declared


async def test_no_declared_type_or_one_that_says_nothing_is_fine(api: Api) -> None:
    kinds = [None, "application/octet-stream", "image/png", "IMAGE/PNG; x=y", "image/jpeg"]
    for declared in kinds:
        parts = new_ticket_parts(part("files", png(), "x.png", declared))
        answer = await send_raw(api, TICKETS, parts)
        assert answer.status_code == 201, declared
        assert answer.json()["messages"][0]["attachments"][0]["content_type"] == "image/png"


async def test_the_bytes_decide_the_kind_whatever_allowed_ending_the_name_has(api: Api) -> None:
    attached = await attach(
        api,
        picture(webp(), "photo.png", "image/png"),
        picture(png(), "photo.jpg", "image/jpeg"),
        picture(jpeg(), "photo.webp", "image/webp"),
    )
    kinds = [a["content_type"] for a in attached]
    assert kinds == ["image/webp", "image/png", "image/jpeg"]
    for attachment, sent in zip(attached, (webp(), png(), jpeg()), strict=True):
        assert await fetch_file(api, attachment) == sent


async def test_a_picture_without_metadata_stays_byte_for_byte(api: Api) -> None:
    sent = [picture(png()), picture(jpeg(), "x.jpg"), picture(moving_webp(), "x.webp")]
    for attachment, (_, data, _kind) in zip(await attach(api, *sent), sent, strict=True):
        assert await fetch_file(api, attachment) == data


async def test_metadata_is_cut_out_and_the_picture_looks_the_same(api: Api) -> None:
    data = jpeg_with_place()
    assert b"SECRET" in data
    (attachment,) = await attach(api, picture(data, "phone.jpg", "image/jpeg"))
    kept = await fetch_file(api, attachment)
    assert b"SECRET" not in kept
    assert len(kept) < len(data)
    assert pixels(kept) == pixels(data)
    assert orientation_of(kept) == 6
    assert (attachment["width"], attachment["height"]) == (5, 9)  # it lies on its side


async def test_no_secret_of_any_sample_is_served(api: Api) -> None:
    names = sorted(SAMPLES)
    for at in range(0, len(names), 3):
        some = names[at : at + 3]
        endings = {"p": "png", "a": "png", "j": "jpg", "m": "jpg", "w": "webp"}
        sent = [picture(SAMPLES[name], f"x.{endings[name[0]]}", "") for name in some]
        for name, attachment in zip(some, await attach(api, *sent), strict=True):
            kept = await fetch_file(api, attachment)
            assert SECRET not in kept, name
            assert look(kept) == look(SAMPLES[name]), name


async def test_bytes_behind_the_end_are_cut_off(api: Api) -> None:
    data = png() + b"<script>alert(1)</script>" * 10
    (attachment,) = await attach(api, picture(data))
    assert await fetch_file(api, attachment) == png()


async def test_a_broken_picture_is_refused(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    whole = {"x.png": png(), "x.jpg": jpeg(), "x.webp": webp()}
    for name, data in whole.items():
        for broken in (data[: len(data) // 2], data[:-1], data[:20]):
            answer = await send(api, picture(broken, name, ""))
            assert refusal(answer) == (400, "invalid_file"), (name, len(broken))
            assert name in answer.json()["detail"]
    flipped = bytearray(png())
    flipped[-20] ^= 1
    assert refusal(await send(api, picture(bytes(flipped)))) == (400, "invalid_file")
    assert refusal(await send(api, picture(b"", "empty.png"))) == (400, "invalid_file")
    assert await everything(settings) == before


async def test_fifty_million_pixels_pass_and_one_row_more_does_not(api: Api) -> None:
    (attachment,) = await attach(api, picture(png_of_pixels(10_000, 5_000)))
    assert (attachment["width"], attachment["height"]) == (10_000, 5_000)
    for size in ((10_000, 5_001), (2**31 - 1, 2**31 - 1), (50_000_001, 1)):
        answer = await send(api, picture(png_of_pixels(*size)))
        assert refusal(answer) == (400, "invalid_file"), size
    assert refusal(await send(api, picture(png_of_pixels(0, 5))))[1] == "invalid_file"


async def test_one_wrong_file_refuses_them_all(api: Api, settings: Settings) -> None:
    before = await everything(settings)
    answer = await send(api, picture(png()), picture(jpeg(), "b.jpg"), picture(b"GIF89a", "c.png"))
    assert refusal(answer) == (400, "invalid_file_type")
    assert "c.png" in answer.json()["detail"]
    assert await everything(settings) == before


async def test_two_files_of_one_name_stay_two(api: Api) -> None:
    attached = await attach(api, picture(png()), picture(jpeg()), picture(png()))
    names = [a["filename"] for a in attached]
    assert len(set(names)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}_shot\.png", name) for name in names)
    assert await fetch_file(api, attached[1]) == jpeg()


async def test_names_are_kept_for_people_and_made_safe_for_addresses(api: Api) -> None:
    names = {
        "Bildschirmfoto 2026-04-08 um 12.00.png": r"Bildschirmfoto-2026-04-08-um-12-00\.png",
        "Ünïcode näme.png": r"Unicode-name\.png",
        "截图.png": r"screenshot\.png",
        'with "quotes" & <tags>.png': r"with-quotes-tags\.png",
    }
    for name, safe in names.items():
        parts = new_ticket_parts(part("files", png(), name.replace('"', "%22"), "image/png"))
        answer = await send_raw(api, TICKETS, parts)
        attachment = answer.json()["messages"][0]["attachments"][0]
        assert attachment["original_name"] == name
        assert re.fullmatch(r"[0-9a-f]{8}_" + safe, attachment["filename"])


async def test_the_row_of_a_file_is_written_after_its_bytes(api: Api, settings: Settings) -> None:
    attached = await attach(api, picture(png()), picture(jpeg(), "b.jpg"))
    found = await everything(settings)
    assert len(found["attachments"]) == len(found["files"]) == len(attached) == 2
    assert not list((settings.data_path / "uploads").glob("*"))


async def test_a_full_store_is_told_and_leaves_nothing(api: Api, settings: Settings) -> None:
    settings.files_path.write_bytes(b"a file where the folder should be")
    before = await everything(settings)
    answer = await send(api, picture(png()))
    assert refusal(answer) == (503, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert await everything(settings) == before
    settings.files_path.unlink()
    assert (await send(api, picture(png()))).status_code == 201

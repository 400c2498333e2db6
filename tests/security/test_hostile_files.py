"""Attachments as a weapon: wrong owners, paths and headers in names, other kinds, pixel bombs."""

import struct
import tracemalloc
import zlib
from time import process_time

from tests.cast import ADA, CLEO, MALLORY, RICK
from tests.client import TICKETS, Api
from tests.pictures import PRETENDERS, SCRIPT, jpeg, png, png_of_pixels, webp
from tests.tickets.make import (
    everything,
    new_ticket_parts,
    part,
    picture,
    refusal,
    send_raw,
)
from ticketpen.settings import Settings

HOSTILE_NAMES = [
    "../../../../etc/passwd.png",
    "..\\..\\windows\\system32\\evil.png",
    "/etc/cron.d/evil.png",
    "C:\\boot.png",
    "%2e%2e%2f%2e%2e%2fevil.png",
    "..%00.png",
    "a/../../b.png",
    "....//....//x.png",
    "..png",
    ".htaccess.png",
    "~root.png",
    "con.png",
    "x.png;.html.png",
    "a\tb\x07c.png",
    "gnp.exe\u202e.png",
    "\u2066\u200f\ufeffx.png",
    "x" * 2000 + ".png",
    "é" * 300 + ".png",
    "-rf.png",
    "$(id)`id`.png",
    "<img src=x onerror=alert(1)>.png",
    'x" onmouseover="alert(1).png',
]
HEADER_NAMES = [
    b"x%0d%0aSet-Cookie: a=b.png",
    b"x\xe2\x80\xa8Set-Cookie: a=b.png",
    b"x%22; filename*=UTF-8''evil.html; x=%22.png",
    b"x;filename=evil.html;.png",
    "x'%20\u2028\u0085\x7f.png".encode(),
    b"\xff\xfe\x0b.png",
]


async def test_an_attachment_is_not_served_under_another_ticket_or_message(api: Api) -> None:
    cleo, mallory = api.as_(CLEO), api.as_(MALLORY)
    theirs = await cleo.open(files=[picture(png())])
    own = await mallory.open(files=[picture(jpeg(), "own.jpg")])
    message, own_message = theirs["messages"][0], own["messages"][0]
    name = message["attachments"][0]["filename"]
    own_name = own_message["attachments"][0]["filename"]
    assert (await mallory.get(own_message["attachments"][0]["url"])).status_code == 200
    for ticket_id, message_id, filename in (
        (own["id"], message["id"], name),
        (own["id"], own_message["id"], name),
        (theirs["id"], own_message["id"], own_name),
        (theirs["id"], message["id"], name),
    ):
        path = f"{TICKETS}/{ticket_id}/attachments/{message_id}/{filename}"
        answer = await mallory.get(path)
        assert refusal(answer) == (404, "attachment_not_found"), path
    mixed = f"{TICKETS}/{theirs['id']}/attachments/{own_message['id']}/{own_name}"
    assert refusal(await api.as_(ADA).get(mixed)) == (404, "attachment_not_found")


async def test_a_download_path_reaches_nothing_but_attachments(
    api: Api, settings: Settings
) -> None:
    ticket = await api.as_(CLEO).open(files=[picture(png())])
    (settings.data_path / "secret.png").write_bytes(png())
    key = next(settings.files_path.rglob("*.png"))
    place = f"{TICKETS}/{ticket['id']}/attachments/{ticket['messages'][0]['id']}"
    for name in (
        "../../secret.png",
        "..%2f..%2fsecret.png",
        "%2e%2e/%2e%2e/secret.png",
        "..%5c..%5csecret.png",
        "%252e%252e%252fsecret.png",
        "secret.png%00.png",
        str(key),
        key.name,
        f"{key.parent.name}%2f{key.name}",
        "//etc/passwd",
        "file:%2f%2f%2fetc%2fpasswd",
        "'%20OR%20'1'='1",
        "%25",
        "_",
        "*",
    ):
        answer = await api.as_(CLEO).get(f"{place}/{name}")
        assert answer.status_code == 404, name
        assert png() not in answer.content


async def test_traversal_by_file_name_ends_at_the_base_name(api: Api, settings: Settings) -> None:
    outside = {path for path in settings.data_path.parent.rglob("*") if path.is_file()}
    for name in HOSTILE_NAMES:
        sent = name.replace('"', "%22")
        answer = await send_raw(
            api, TICKETS, new_ticket_parts(part("files", png(), sent, "image/png"))
        )
        assert answer.status_code == 201, (name, answer.text)
        attachment = answer.json()["messages"][0]["attachments"][0]
        shown, stored = attachment["original_name"], attachment["filename"]
        assert "/" not in shown
        assert "\\" not in shown
        assert len(shown.encode()) <= 255
        assert shown.endswith(".png")
        assert shown.isprintable()
        assert set(stored) <= set(
            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
        )
        assert ".." not in stored
        assert not stored.startswith(".")
        assert len(stored) <= 100
        assert (await api.get(attachment["url"])).content == png()
    made = {path for path in settings.data_path.parent.rglob("*") if path.is_file()} - outside
    databases = ("ticketpen.db", "ticketpen.db-wal", "ticketpen.db-shm")
    assert all(settings.files_path in path.parents or path.name in databases for path in made)


async def test_header_injection_by_file_name_stays_inside_the_quotes(api: Api) -> None:
    for name in HEADER_NAMES:
        parts = new_ticket_parts(part("files", png(), name, "image/png"))
        answer = await send_raw(api, TICKETS, parts)
        assert answer.status_code in (201, 400), name
        if answer.status_code == 400:
            continue
        url = answer.json()["messages"][0]["attachments"][0]["url"]
        for query in ("", "?download=1"):
            served = await api.get(url + query)
            assert "set-cookie" not in served.headers
            disposition = served.headers["content-disposition"]
            assert disposition.isascii()
            assert disposition.isprintable()
            kind, plain, star = disposition.split("; ")
            assert kind in ("inline", "attachment")
            assert plain.startswith('filename="')
            assert plain.count('"') == 2
            assert star.startswith("filename*=UTF-8''")
            assert not set(star[17:]) & set("\"';, \\")


async def test_a_line_break_in_a_part_head_is_malformed_or_harmless(api: Api) -> None:
    head = b'files"; filename="x.png"\r\nContent-Type: text/html\r\nX: "'
    answer = await send_raw(api, TICKETS, new_ticket_parts(part(head, png())))
    assert answer.status_code in (201, 400)
    if answer.status_code == 201:
        assert answer.json()["messages"][0]["attachments"] == []


async def test_type_spoofing_what_is_served_is_always_a_picture(
    api: Api, settings: Settings
) -> None:
    before = await everything(settings)
    for data in PRETENDERS.values():
        for name in ("x.png", "x.svg.jpg", "x.webp"):
            answer = await api.as_(CLEO).post_form(
                TICKETS, {"subject": "s", "message": "m"}, [picture(data, name)]
            )
            assert refusal(answer) == (400, "invalid_file_type")
    assert await everything(settings) == before


async def test_type_spoofing_a_picture_that_is_a_page_too_is_served_as_a_picture(api: Api) -> None:
    text = b"tEXt" + b"Comment\0" + SCRIPT
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    both = {
        "png": png()[:33] + chunk + png()[33:],
        "behind": png() + SCRIPT,
        "jpeg": jpeg()[:2] + b"\xff\xfe" + struct.pack(">H", len(SCRIPT) + 2) + SCRIPT + jpeg()[2:],
        "webp": _with_chunk(webp(), SCRIPT),
    }
    for name, data in both.items():
        ticket = await api.as_(RICK).open(files=[picture(data, "x.png", "")])
        answer = await api.as_(RICK).get(ticket["messages"][0]["attachments"][0]["url"])
        assert SCRIPT not in answer.content, name
        assert answer.headers["content-type"].startswith("image/")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in answer.headers["content-security-policy"]


async def test_a_pixel_bomb_costs_neither_memory_nor_time(api: Api, settings: Settings) -> None:
    bombs = [png_of_pixels(65_535, 65_535), png_of_pixels(2**31 - 1, 2**31 - 1), _zlib_bomb()]
    bombs.append(jpeg().replace(struct.pack(">HH", 5, 9), struct.pack(">HH", 65_535, 65_535)))
    before = await everything(settings)
    tracemalloc.start()
    started = process_time()
    for number, bomb in enumerate(bombs):
        answer = await api.as_(CLEO).post_form(
            TICKETS, {"subject": "s", "message": "m"}, [picture(bomb, "bomb.png", "")] * 3
        )
        assert refusal(answer) == (400, "invalid_file"), number
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 40_000_000
    assert process_time() - started < 2
    assert await everything(settings) == before


def _with_chunk(data: bytes, extra: bytes) -> bytes:
    body = data[8:] + b"note" + struct.pack("<I", len(extra)) + extra + bytes(len(extra) % 2)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _zlib_bomb() -> bytes:
    """A text chunk that would unfold to a gigabyte, in a picture of too many pixels."""
    data = zlib.compress(bytes(50_000_000), 9)
    text = b"zTXt" + b"x\0\0" + data
    chunk = struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text))
    whole = png_of_pixels(100_000, 100_000)
    return whole[:33] + chunk + whole[33:]

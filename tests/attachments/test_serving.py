"""GET of an attachment: who may, every header, ranges, and what is not there."""

from typing import Any
from urllib.parse import quote

import msgspec
import pytest

from tests.client import running
from tests.pictures import jpeg, png, png_of_size
from tests.tickets.make import (
    ADA,
    ADMIN_TICKETS,
    CLEO,
    MALLORY,
    NOBODYS_ID,
    RICK,
    TICKETS,
    Api,
    picture,
    refusal,
    set_status,
    without_request_id,
)
from ticketpen.settings import Settings

HUGE = 700_000


async def shot(api: Api, data: bytes | None = None, name: str = "shot.png") -> dict[str, Any]:
    """A ticket of Cleo's with one screenshot: the ticket, the message, the attachment."""
    ticket = await api.as_(CLEO).open(files=[picture(data or png(), name, "")])
    message = ticket["messages"][0]
    attachment: dict[str, Any] = message["attachments"][0]
    return attachment | {"ticket": ticket["id"], "message": message["id"]}


async def test_the_owner_and_every_admin_download_the_bytes(api: Api) -> None:
    url = (await shot(api))["url"]
    for caller in (api.as_(CLEO), api.as_(ADA)):
        answer = await caller.get(url)
        assert (answer.status_code, answer.content) == (200, png())


async def test_every_header_that_keeps_a_picture_a_picture_is_sent(api: Api) -> None:
    answer = await api.as_(CLEO).get((await shot(api, jpeg(), "photo.png"))["url"])
    headers = answer.headers
    assert headers["content-type"] == "image/jpeg"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "private" in headers["cache-control"]
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-length"] == str(len(jpeg()))
    assert headers["etag"].startswith('"')
    assert "set-cookie" not in headers


async def test_a_picture_is_shown_unless_a_download_is_asked_for(api: Api) -> None:
    url = (await shot(api))["url"]
    shown = {}
    for query in ("", "?download=1", "?download=true", "?download=0", "?x=1"):
        answer = await api.as_(CLEO).get(url + query)
        shown[query] = answer.headers["content-disposition"].partition(";")[0]
        assert answer.content == png()
    assert shown == {
        "": "inline",
        "?download=1": "attachment",
        "?download=true": "attachment",
        "?download=0": "inline",
        "?x=1": "inline",
    }


async def test_the_true_name_comes_as_filename_star(api: Api) -> None:
    for name in ("plain name.png", "Ünïcode €.png", "100%.png", "a;b=c,d.png", "截图.png"):
        answer = await api.as_(CLEO).get((await shot(api, name=name))["url"])
        disposition = answer.headers["content-disposition"]
        assert disposition.endswith(f"filename*=UTF-8''{quote(name, safe='')}")
        assert disposition.isascii()
        plain = disposition.split('"')[1]
        assert len(disposition.split('"')) == 3
        assert plain.endswith(".png")


async def test_a_stranger_and_a_wrong_address_answer_the_same_bytes(api: Api) -> None:
    one, other = await shot(api), await shot(api)
    rick = await api.as_(RICK).open()
    place = TICKETS + "/{}/attachments/{}/{}"
    wrong = {
        "another ticket": place.format(other["ticket"], one["message"], one["filename"]),
        "somebody's ticket": place.format(rick["id"], one["message"], one["filename"]),
        "another message": place.format(one["ticket"], other["message"], one["filename"]),
        "another name": place.format(one["ticket"], one["message"], other["filename"]),
        "the original name": place.format(one["ticket"], one["message"], one["original_name"]),
        "a name in capitals": place.format(one["ticket"], one["message"], "x.PNG"),
        "no ticket": place.format(NOBODYS_ID, one["message"], one["filename"]),
        "no id": place.format("x", "y", one["filename"]),
    }
    stranger = await api.as_(MALLORY).get(one["url"])
    assert refusal(stranger) == (404, "attachment_not_found")
    for case, url in wrong.items():
        for caller in (api.as_(CLEO), api.as_(ADA), api.as_(MALLORY)):
            answer = await caller.get(url)
            assert refusal(answer) == (404, "attachment_not_found"), case
            assert without_request_id(answer) == without_request_id(stranger)
    assert refusal(await api.as_(None).get(one["url"])) == (401, "not_authenticated")


async def test_ids_in_the_address_may_be_in_capitals(api: Api) -> None:
    one = await shot(api)
    ticket, message = one["ticket"].upper(), one["message"].upper()
    answer = await api.as_(CLEO).get(f"{TICKETS}/{ticket}/attachments/{message}/{one['filename']}")
    assert answer.status_code == 200


async def test_a_picture_of_a_closed_ticket_and_of_staff_can_be_seen(api: Api) -> None:
    one = await shot(api)
    path = f"{ADMIN_TICKETS}/{one['ticket']}/messages"
    written = await api.post_form(path, {"body": "Look:"}, [picture(jpeg(), "b.jpg")])
    await set_status(api, one["ticket"], "closed")
    for url in (one["url"], written.json()["attachments"][0]["url"]):
        assert (await api.as_(CLEO).get(url)).status_code == 200


async def test_who_has_the_picture_is_not_sent_it_again(api: Api) -> None:
    url = (await shot(api))["url"]
    tag = (await api.as_(CLEO).get(url)).headers["etag"]
    for known in (tag, "W/" + tag, f'"x", {tag}', "*"):
        answer = await api.as_(CLEO).get(url, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        stranger = await api.as_(MALLORY).get(url, headers={"If-None-Match": known})
        assert refusal(stranger) == (404, "attachment_not_found")
    other = await api.as_(CLEO).get(url, headers={"If-None-Match": '"x"'})
    assert other.status_code == 200


@pytest.mark.parametrize("size", [2_000, HUGE])
async def test_single_ranges_are_served(api: Api, size: int) -> None:
    data = png_of_size(size) if size == HUGE else png()
    size = len(data)
    url = (await shot(api, data))["url"]
    ranges = {
        "bytes=0-0": (0, 1),
        "bytes=5-9": (5, 10),
        "bytes=10-": (10, size),
        f"bytes=0-{size - 1}": (0, size),
        "bytes=0-99999999": (0, size),
        "bytes=-7": (size - 7, size),
        "bytes=-99999999": (0, size),
        f"bytes={size - 1}-": (size - 1, size),
        "Bytes = 1 - 3": (1, 4),
    }
    for header, (start, end) in ranges.items():
        answer = await api.as_(CLEO).get(url, headers={"Range": header})
        assert answer.status_code == 206, header
        assert answer.content == data[start:end], header
        assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
        assert answer.headers["content-length"] == str(end - start)
        assert answer.headers["content-type"] == "image/png"


async def test_a_range_outside_the_picture_is_refused(api: Api) -> None:
    url = (await shot(api))["url"]
    size = len(png())
    for header in (f"bytes={size}-", "bytes=99999-100000", "bytes=-0", f"bytes={10**18}-"):
        answer = await api.as_(CLEO).get(url, headers={"Range": header})
        assert refusal(answer) == (416, "range_not_satisfiable"), header
        assert answer.headers["content-range"] == f"bytes */{size}"


async def test_what_is_no_single_range_gets_the_whole_picture(api: Api) -> None:
    url = (await shot(api))["url"]
    for header in ("bytes=0-1,3-4", "bytes=5-2", "bytes=-", "bytes=a-b", "lines=0-1", "0-1", ""):
        answer = await api.as_(CLEO).get(url, headers={"Range": header})
        assert (answer.status_code, answer.content) == (200, png()), header


async def test_a_range_of_another_version_gets_the_whole_picture(api: Api) -> None:
    url = (await shot(api))["url"]
    tag = (await api.as_(CLEO).get(url)).headers["etag"]
    headers = {"Range": "bytes=0-3"}
    same = await api.as_(CLEO).get(url, headers=headers | {"If-Range": tag})
    assert same.status_code == 206
    for other in ('"x"', "W/" + tag, "Wed, 08 Apr 2026 12:00:00 GMT"):
        answer = await api.as_(CLEO).get(url, headers=headers | {"If-Range": other})
        assert (answer.status_code, answer.content) == (200, png())


async def test_head_tells_all_and_sends_nothing(api: Api) -> None:
    for data in (png(), png_of_size(HUGE)):
        url = (await shot(api, data))["url"]
        whole = await api.as_(CLEO).get(url)
        head = await api.as_(CLEO).request("HEAD", url)
        assert (head.status_code, head.content) == (200, b"")
        same = {"content-type", "content-length", "etag", "content-disposition", "cache-control"}
        assert {n: head.headers[n] for n in same} == {n: whole.headers[n] for n in same}
        some = await api.as_(CLEO).request("HEAD", url, headers={"Range": "bytes=0-9"})
        assert (some.status_code, some.content) == (206, b"")
        assert some.headers["content-length"] == "10"
    assert (await api.as_(MALLORY).request("HEAD", url)).status_code == 404
    assert (await api.as_(None).request("HEAD", url)).status_code == 401


async def test_bytes_that_the_store_has_lost_are_told_as_such(api: Api, settings: Settings) -> None:
    one, large = await shot(api), await shot(api, png_of_size(HUGE))
    for path in settings.files_path.rglob("*.png"):
        path.unlink()
    for url in (one["url"], large["url"]):
        answer = await api.as_(CLEO).get(url)
        assert refusal(answer) == (404, "attachment_not_found")
        assert "store" in answer.json()["detail"]


async def test_bytes_that_were_cut_short_in_the_store_are_never_served_as_whole(
    api: Api, settings: Settings
) -> None:
    one = await shot(api)
    for path in settings.files_path.rglob("*.png"):
        path.write_bytes(path.read_bytes()[:-5])
    assert refusal(await api.as_(CLEO).get(one["url"])) == (503, "unavailable")


async def test_urls_hold_the_path_under_which_browsers_see_the_app(settings: Settings) -> None:
    public = msgspec.structs.replace(settings, public_url="https://app.example.com/support")
    async with running(public) as api:
        one = await shot(api)
        assert one["url"].startswith("/support" + TICKETS + "/" + one["ticket"])

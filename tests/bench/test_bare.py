from typing import Final

import httpx2
import pytest

from bench.answers import without_changes
from bench.bare import Bare
from bench.loading import load
from bench.requests import OPERATIONS, Operation, Tokens, whole_request
from bench.world import World, make_world
from tests.client import ORIGIN, running
from ticketpen.settings import Settings

# Of an answer as the browser gets it; the yardstick's JSON has none but its type and length.
ONLY_OURS: Final = {"x-request-id"}


@pytest.fixture(scope="module")
def world() -> World:
    return make_world(tickets=12, users=3)


async def send(http: httpx2.AsyncClient, request: bytes) -> httpx2.Response:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, path, _ = first.split()
    headers = dict(line.split(": ", 1) for line in lines)
    return await http.request(method, path, headers=headers, content=body)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
async def test_the_yardstick_answers_as_ours_does_byte_for_byte(
    settings: Settings, world: World, operation: Operation
) -> None:
    await load(settings, world)
    tokens = Tokens(settings)
    bare = Bare(settings)
    await bare.open()
    transport = httpx2.ASGITransport(app=bare)
    async with (
        running(settings) as api,
        httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as http,
    ):
        for call in list(operation.calls(world))[:8]:
            ours = await send(api.http, whole_request(call, tokens, for_ours=True))
            theirs = await send(http, whole_request(call, tokens, for_ours=False))
            assert (ours.status_code, theirs.status_code) == (operation.status, operation.status)
            mine, yours = (without_changes(operation, a.content) for a in (ours, theirs))
            assert mine == yours
            if operation.name == "download":
                kept = {n: v for n, v in ours.headers.items() if n not in ONLY_OURS}
                assert kept == dict(theirs.headers)
    await bare.close()

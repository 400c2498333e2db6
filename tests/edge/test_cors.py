import pytest

from tests.edge.make import Answer, answering, behind_edge, call

SHOP = "https://shop.example.com"
OURS = {"allowed_origins": f"{SHOP}, http://localhost:5173"}


async def get(origin: str | None, **settings: str) -> Answer:
    headers = [("Origin", origin)] if origin is not None else []
    return await call(behind_edge(answering(), **settings), headers=headers)


async def preflight(origin: str) -> Answer:
    headers = [("Origin", origin), ("Access-Control-Request-Method", "PATCH")]
    app = behind_edge(answering(405, [("allow", "PATCH")]), **OURS)
    return await call(app, "OPTIONS", headers)


async def test_a_page_of_an_allowed_origin_may_read_answers_with_cookies() -> None:
    answer = await get(SHOP, **OURS)
    assert answer.header("access-control-allow-origin") == SHOP
    assert answer.header("access-control-allow-credentials") == "true"
    exposed = answer.header("access-control-expose-headers") or ""
    assert {"ETag", "X-Request-ID", "Idempotency-Replayed", "Retry-After"} <= set(
        exposed.split(", ")
    )
    assert answer.header("vary") == "origin"


async def test_our_own_address_is_an_allowed_origin() -> None:
    answer = await get("https://help.example.com", public_url="https://help.example.com/support")
    assert answer.header("access-control-allow-origin") == "https://help.example.com"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "https://evil.example.com",
        "https://shop.example.com.evil.com",
        "https://shop.example.com:8443",
        "http://shop.example.com",
        "null",
        "*",
        "",
        f"{SHOP}, {SHOP}",
    ],
)
async def test_others_are_told_nothing_and_caches_keep_them_apart(origin: str | None) -> None:
    answer = await get(origin, **OURS)
    assert answer.status == 200
    assert answer.header("access-control-allow-origin") is None
    assert answer.header("access-control-allow-credentials") is None
    assert answer.header("vary") == "origin"


async def test_a_refusal_can_be_read_by_an_allowed_origin_too() -> None:
    app = behind_edge(answering(), body_limit=1, **OURS)
    answer = await call(app, "POST", [("Origin", SHOP), ("Content-Length", "2")])
    assert answer.status == 413
    assert answer.header("access-control-allow-origin") == SHOP


async def test_a_preflight_of_an_allowed_origin_is_answered_at_the_edge() -> None:
    answer = await preflight(SHOP)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.all("access-control-allow-origin") == [SHOP]
    assert answer.all("access-control-allow-credentials") == ["true"]
    methods = (answer.header("access-control-allow-methods") or "").split(", ")
    assert {"GET", "POST", "PATCH", "DELETE"} <= set(methods)
    allowed = (answer.header("access-control-allow-headers") or "").split(", ")
    assert {"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match"} <= set(
        allowed
    )
    assert answer.header("access-control-max-age") == "600"
    assert answer.header("vary") == "origin"


async def test_a_preflight_of_another_origin_is_an_ordinary_options_request() -> None:
    answer = await preflight("https://evil.example.com")
    assert (answer.status, answer.header("allow")) == (204, "OPTIONS, PATCH")
    assert answer.header("access-control-allow-origin") is None
    assert answer.header("access-control-allow-methods") is None

import asyncio
import re
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.edge.make import answering, behind_edge, call, failing, looking, read_all, reading
from ticketpen.edge.asgi import Message, Receive, Scope, Send
from ticketpen.errors import Code, Problem
from ticketpen.ids import find_id


async def start(send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"half", "more_body": True})


async def test_the_apps_answer_passes_through() -> None:
    answer = await call(behind_edge(answering(201, [("etag", '"1"')], b"made")))
    assert (answer.status, answer.header("etag"), answer.body) == (201, '"1"', b"made")


@pytest.mark.parametrize("sent", ["a", "A.b_c-9", "x" * 128])
async def test_a_safe_request_id_is_taken_over(sent: str) -> None:
    app = behind_edge(looking(lambda scope: scope["ticketpen.request_id"]))
    answer = await call(app, headers=[("X-Request-ID", sent)])
    assert answer.header("x-request-id") == sent
    assert answer.body.decode() == f'"{sent}"'


@pytest.mark.parametrize("sent", [None, "", "x" * 129, "a b", "a\r\nx: y", "ä", "a\n", "a,b"])
async def test_any_other_request_id_is_replaced(sent: str | None) -> None:
    headers = [("X-Request-ID", sent)] if sent is not None else []
    answer = await call(behind_edge(answering()), headers=headers)
    assert find_id(answer.header("x-request-id") or "")


async def test_a_repeated_request_id_is_replaced() -> None:
    answer = await call(behind_edge(answering()), headers=[("X-Request-ID", "a")] * 2)
    assert find_id(answer.header("x-request-id") or "")


async def test_every_answer_has_protective_headers() -> None:
    answer = await call(behind_edge(answering()))
    assert answer.header("x-content-type-options") == "nosniff"
    assert answer.header("referrer-policy") == "no-referrer"
    assert answer.header("x-frame-options") == "DENY"
    policy = "default-src 'none'; frame-ancestors 'none'"
    assert answer.header("content-security-policy") == policy
    assert answer.header("cache-control") == "no-store"
    assert answer.header("cross-origin-resource-policy") == "same-origin"
    assert answer.header("strict-transport-security") is None
    assert answer.header("vary") is None


async def test_an_answer_may_bring_its_own_policy() -> None:
    own = [
        ("content-security-policy", "sandbox"),
        ("cache-control", "private"),
        ("cross-origin-resource-policy", "cross-origin"),
        ("x-content-type-options", "nosniff"),
    ]
    answer = await call(behind_edge(answering(headers=own)))
    assert [(name, answer.header(name)) for name, _ in own] == own
    assert answer.header("x-frame-options") == "DENY"


async def test_over_https_browsers_are_told_to_stay_there() -> None:
    answer = await call(behind_edge(answering()), scheme="https")
    assert (answer.header("strict-transport-security") or "").startswith("max-age=")


async def test_head_is_answered_as_get_without_the_body() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["method"] == "GET"
        assert scope["ticketpen.head"] is True
        headers = [(b"content-length", b"8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"hell", "more_body": True})
        await send({"type": "http.response.body", "body": b"o no"})

    answer = await call(behind_edge(app), "HEAD")
    assert (answer.status, answer.body, answer.header("content-length")) == (200, b"", "8")
    assert [m.get("more_body") for m in answer.messages[1:]] == [False]
    assert answer.scope["method"] == "HEAD"


async def test_options_lists_the_methods_of_a_path() -> None:
    refusing = answering(405, [("allow", "POST, GET"), ("content-type", "x")], b"no")
    answer = await call(behind_edge(refusing), "OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.header("allow") == "GET, HEAD, OPTIONS, POST"
    assert answer.header("content-type") is None


async def test_options_of_an_unknown_path_is_not_found() -> None:
    answer = await call(behind_edge(answering(404, body=b"none")), "OPTIONS")
    assert (answer.status, answer.body) == (404, b"none")


async def test_a_refused_method_names_head_beside_get() -> None:
    app = behind_edge(answering(405, [("allow", "GET")], b"no"))
    answer = await call(app, "PATCH")
    assert (answer.status, answer.body) == (405, b"no")
    assert answer.header("allow") == "GET, HEAD, OPTIONS"


async def test_a_declared_body_over_the_limit_is_refused_before_anything() -> None:
    def unreached(scope: Scope) -> Any:
        raise AssertionError

    app = behind_edge(looking(unreached), body_limit=10)
    answer = await call(app, "POST", [("Content-Length", "11")], [b"x" * 11])
    assert answer.problem()["code"] == "body_too_large"
    assert (answer.status, answer.header("connection")) == (413, "close")


async def test_a_body_of_exactly_the_limit_passes() -> None:
    app = behind_edge(reading(), body_limit=10)
    answer = await call(app, "POST", [("Content-Length", "10")], [b"x" * 10])
    assert (answer.status, answer.body) == (200, b"x" * 10)
    assert answer.header("connection") is None


@pytest.mark.parametrize("declared", ["99999999999999999999", "9" * 5000])
async def test_an_absurd_length_is_too_large(declared: str) -> None:
    answer = await call(behind_edge(reading()), "POST", [("Content-Length", declared)])
    assert answer.status == 413


@pytest.mark.parametrize("declared", ["", "-1", "+1", "1e3", "ten", "1,2", "0x1", " 1"])
async def test_a_length_that_is_no_number_is_malformed(declared: str) -> None:
    answer = await call(behind_edge(reading()), "POST", [("Content-Length", declared)])
    assert answer.problem()["code"] == "malformed_request"
    assert answer.header("connection") == "close"


async def test_an_undeclared_body_is_counted_while_it_arrives() -> None:
    app = behind_edge(reading(), body_limit=10)
    answer = await call(app, "POST", chunks=[b"x" * 6] * 3)
    assert answer.problem()["code"] == "body_too_large"
    assert answer.header("connection") == "close"


async def test_a_body_that_was_refused_stays_refused() -> None:
    async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
        codes = []
        for _ in range(2):
            with pytest.raises(Problem) as caught:
                await read_all(receive)
            codes.append(caught.value.code)
        await answering(body=",".join(codes).encode())(scope, receive, send)

    answer = await call(behind_edge(stubborn, body_limit=10), "POST", chunks=[b"x" * 6] * 3)
    assert answer.body == b"body_too_large,body_too_large"
    assert answer.header("connection") == "close"


async def test_a_body_that_does_not_arrive_in_time_is_cut() -> None:
    app = behind_edge(reading(), body_timeout=0.02)
    answer = await call(app, "POST", chunks=[b"x"], stalls=True)
    assert answer.problem()["code"] == "request_timeout"
    assert (answer.status, answer.header("connection")) == (408, "close")


async def test_http_2_knows_no_connection_header() -> None:
    app = behind_edge(reading(), body_limit=10)
    answer = await call(app, "POST", chunks=[b"x" * 11], http_version="2")
    assert (answer.status, answer.header("connection")) == (413, None)


async def test_waiting_for_the_client_to_leave_has_no_deadline() -> None:
    seen: list[Message] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)
        await answering()(scope, receive, send)
        seen.append(await receive())

    await call(behind_edge(app), chunks=[b""])
    assert [message["type"] for message in seen] == ["http.disconnect"]


async def test_a_problem_nobody_turned_into_an_answer_is_answered() -> None:
    problem = Problem(Code.RATE_LIMITED, "Slow down.", headers={"Retry-After": "7"})
    answer = await call(behind_edge(failing(problem)))
    assert answer.problem()["detail"] == "Slow down."
    assert (answer.status, answer.header("retry-after")) == (429, "7")


async def test_a_fault_is_answered_without_its_trace_and_logged_with_it() -> None:
    with capture_logs() as logs:
        answer = await call(behind_edge(failing(ValueError("the secret reason"))))
    assert answer.status == 500
    assert answer.problem()["code"] == "internal_error"
    assert b"secret" not in answer.body
    failed = next(line for line in logs if line["event"] == "failed")
    assert failed["request_id"] == answer.header("x-request-id")
    assert failed["exc_info"]


async def test_an_app_that_does_not_answer_is_a_fault() -> None:
    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        pass

    assert (await call(behind_edge(silent))).status == 500


async def test_a_fault_amid_an_answer_reaches_the_server_so_that_it_cuts_the_connection() -> None:
    with capture_logs() as logs, pytest.raises(ValueError, match="late"):
        await call(behind_edge(failing(ValueError("late"), start)))
    assert [line["event"] for line in logs] == ["failed", "request"]


async def test_a_client_that_leaves_is_no_error() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await read_all(receive)
        raise RuntimeError("the client disconnected")

    with capture_logs() as logs:
        answer = await call(behind_edge(app), "POST", chunks=[b"x"], leaves=True)
    assert answer.messages == []
    assert [(line["event"], line["status"]) for line in logs] == [("request", 499)]


async def test_a_client_that_cannot_be_sent_to_is_no_error() -> None:
    async def broken(_message: Message) -> None:
        raise BrokenPipeError

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http", "method": "GET", "headers": [], "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    with capture_logs() as logs:
        await behind_edge(answering())(scope, receive, broken)
    assert [(line["event"], line["status"]) for line in logs] == [("request", 499)]


async def test_a_request_cancelled_at_shutdown_is_told_to_come_again() -> None:
    sent: list[Message] = []

    async def forever(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope: Scope = {
        "type": "http", "method": "GET", "headers": [], "scheme": "http", "http_version": "1.1",
    }  # fmt: skip
    task = asyncio.ensure_future(behind_edge(forever)(scope, receive, send))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent[0]["status"] == 503
    assert b"retry-after" in dict(sent[0]["headers"])


@pytest.mark.parametrize("kind", ["lifespan", "websocket"])
async def test_other_scopes_pass_through_untouched(kind: str) -> None:
    seen: list[object] = []

    async def app(*given: object) -> None:
        seen.extend(given)

    scope: Scope = {"type": kind}
    given = (scope, read_all, start)
    await behind_edge(app)(*given)  # type: ignore[arg-type]
    assert tuple(seen) == given
    assert seen[0] is scope


async def test_the_servers_own_scope_is_left_alone() -> None:
    answer = await call(behind_edge(answering()), "OPTIONS", root_path="/mounted")
    assert answer.scope["method"] == "OPTIONS"
    assert not [name for name in answer.scope if name.startswith("ticketpen.")]


async def test_one_line_is_logged_for_a_request_and_no_secret_stands_in_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        scope["ticketpen.caller_id"] = "cleo"
        await answering(201)(scope, receive, send)

    headers = [("Authorization", "Bearer secret-token"), ("Cookie", "secret-cookie")]
    with capture_logs() as logs:
        answer = await call(behind_edge(app), "POST", headers, [b"secret text"])
    (line,) = logs
    assert isinstance(line.pop("ms"), float)
    assert line == {
        "event": "request",
        "log_level": "info",
        "request_id": answer.header("x-request-id"),
        "caller": "cleo",
        "method": "POST",
        "route": "/things/{id}",
        "status": 201,
    }


async def test_unknown_methods_and_paths_are_not_logged_as_they_were_sent() -> None:
    with capture_logs() as logs:
        await call(behind_edge(failing(Problem(Code.NOT_FOUND, "no"))), "SECRET")
    assert (logs[0]["method"], logs[0]["route"], logs[0]["status"]) == ("OTHER", None, 404)
    assert not re.search("secret", str(logs), re.IGNORECASE)

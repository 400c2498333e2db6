import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.edge.serve import BIG, Serving, read_answer, read_to_end, serving

GET = b"GET /pid HTTP/1.1\r\nHost: x\r\n\r\n"
CLOSING = b"GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Serving]:
    with serving(
        header_timeout=1, body_timeout=1, header_limit=10_000, body_limit=1_000_000
    ) as found:
        yield found


def post(length: int | str, body: bytes = b"", path: str = "/") -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %s\r\n\r\n%s" % (
        path.encode(), str(length).encode(), body,
    )  # fmt: skip


def parse(answer: bytes) -> tuple[int, dict[str, str], bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), dict(line.split(": ", 1) for line in lines), body


def problem(answer: bytes) -> tuple[int, str]:
    status, headers, body = parse(answer)
    found: dict[str, Any] = json.loads(body)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert headers["x-request-id"] == found["request_id"]
    assert headers["x-content-type-options"] == "nosniff"
    assert found["status"] == status
    return status, found["code"]


def test_answers_come_over_one_connection_without_the_servers_name(server: Serving) -> None:
    with server.connect() as opened:
        for _ in range(3):
            opened.sendall(post(5, b"hello"))
            status, headers, _ = parse(read_answer(opened, b"hello"))
            assert status == 200
            assert "server" not in headers
            assert "date" in headers


def test_requests_sent_in_one_go_are_answered_in_order(server: Serving) -> None:
    answers = server.ask(post(3, b"one") + post(3, b"two") + CLOSING)
    assert answers.count(b"HTTP/1.1 200") == 3
    assert answers.index(b"one") < answers.index(b"two")


def test_a_head_that_comes_too_slowly_is_cut(server: Serving) -> None:
    assert problem(server.ask(b"GET / HTTP/1.1\r\nX-Slow: ")) == (408, "request_timeout")


def test_a_client_that_says_nothing_is_cut(server: Serving) -> None:
    assert server.ask(b"") == b""


def test_a_second_head_that_comes_too_slowly_is_cut(server: Serving) -> None:
    with server.connect(post(2, b"hi")) as opened:
        read_answer(opened, b"hi")
        opened.sendall(b"GET / HT")
        assert problem(read_to_end(opened)) == (408, "request_timeout")


def test_a_body_that_comes_too_slowly_is_cut(server: Serving) -> None:
    assert problem(server.ask(post(10, b"half"))) == (408, "request_timeout")


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 11_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X-Many: 1234567890\r\n" * 1_000 + b"\r\n",
        b"GET /" + b"x" * 11_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Endless: " + b"x" * 1_000_000,
    ],
)
def test_a_head_over_the_limit_is_refused(server: Serving, head: bytes) -> None:
    assert problem(server.ask(head)) == (431, "malformed_request")


def test_a_head_within_the_limit_may_come_with_a_large_body(server: Serving) -> None:
    with server.connect(post(500_000, b"x" * 500_000)) as opened:
        assert read_answer(opened, b"x" * 500_000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "junk",
    [
        b"junk\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",  # a TLS hello
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        post("1, 2"),
        b"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnot hex\r\n",
    ],
)
def test_what_is_no_http_is_malformed(server: Serving, junk: bytes) -> None:
    assert problem(server.ask(junk)) == (400, "malformed_request")


def test_junk_after_a_request_does_not_spoil_its_answer(server: Serving) -> None:
    answer = server.ask(GET + b"junk junk\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_declared_body_over_the_limit_is_refused_without_being_asked_for(
    server: Serving,
) -> None:
    head = b"POST / HTTP/1.1\r\nContent-Length: 1000001\r\nExpect: 100-continue\r\n\r\n"
    assert problem(server.ask(head)) == (413, "body_too_large")


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_client_that_sends_too_much_sees_the_refusal_and_no_reset(
    server: Serving, is_declared: bool
) -> None:
    if is_declared:
        request = post(20_000_000, b"x" * 20_000_000)
    else:
        chunk = b"%x\r\n%s\r\n" % (100_000, b"x" * 100_000)
        request = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 200
    assert problem(server.ask(request)) == (413, "body_too_large")


def test_an_answer_without_reading_keeps_the_connection_for_the_next(server: Serving) -> None:
    with server.connect(post(10, b"12345", "/early")) as opened:
        read_answer(opened, b"early")
        opened.sendall(b"67890" + post(2, b"hi"))
        assert read_answer(opened, b"hi").startswith(b"HTTP/1.1 200")


def test_an_offer_to_upgrade_is_declined_by_answering(server: Serving) -> None:
    offer = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\n"
    with server.connect() as opened:
        for path in (b"/pid", b"/client"):
            opened.sendall(b"GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n" % (path, offer))
            end = b'"GET"]' if path == b"/client" else str(server.process.pid).encode()
            assert read_answer(opened, end).startswith(b"HTTP/1.1 200")


def test_forwarded_headers_of_strangers_are_not_believed(server: Serving) -> None:
    answer = server.ask(
        b"HEAD /client HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
        b"Connection: close\r\n\r\n"
    )
    status, headers, body = parse(answer)
    assert (status, body) == (200, b"")
    assert headers["content-length"] == str(len('["127.0.0.1", "http", "GET"]'))


def test_a_client_that_does_not_read_its_answer_is_cut(server: Serving) -> None:
    with socket.socket() as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        opened.settimeout(20)
        opened.connect(server.place)
        opened.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        server.wait_for("request", route="/big")  # the answer is over, one way or the other
        assert len(read_to_end(opened)) < BIG

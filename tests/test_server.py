import json
import signal
import socket
from typing import Any

import pytest

from tests.edge.serve import read_answer, read_to_end, serving, start
from ticketpen.server import Place, listen, run_app
from ticketpen.settings import Settings, SettingsError

SECRET = "a-secret-of-the-tests-with-enough-bytes"
POSTGRES = "postgresql://127.0.0.1:1/none"
PID = b"GET /pid HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
SHARED: dict[str, Any] = {"workers": 2, "database_url": POSTGRES}


def half(body: bytes) -> bytes:
    return b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n" + body


@pytest.mark.parametrize("signal_name", ["SIGTERM", "SIGINT"])
def test_a_request_that_runs_when_the_signal_comes_is_answered(signal_name: str) -> None:
    with serving() as server:
        with server.connect(half(b"abc")) as opened, server.connect(half(b"done!!")) as idle:
            read_answer(idle, b"done!!")
            server.process.send_signal(getattr(signal, signal_name))
            assert read_to_end(idle) == b""  # closed, so the stop is under way
            opened.sendall(b"def")
            answer = read_to_end(opened)
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b"abcdef")
        assert b"connection: close" in answer
        assert server.process.wait(20) == 0
        server.wait_for("stopped")


def test_a_request_that_does_not_end_is_told_to_come_again_after_the_time_to_stop() -> None:
    with serving(shutdown_timeout=1) as server, server.connect(half(b"abc")) as opened:
        with server.connect(half(b"done!!")) as idle:
            read_answer(idle, b"done!!")
            server.process.send_signal(signal.SIGTERM)
            read_to_end(idle)
        answer = read_to_end(opened)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: " in answer
        assert server.process.wait(20) == 0


def test_requests_on_the_wire_when_the_signal_comes_are_answered() -> None:
    with serving() as server, server.connect(half(b"done!!")) as idle:
        read_answer(idle, b"done!!")
        server.process.send_signal(signal.SIGSTOP)
        idle.sendall(half(b"second"))
        with server.connect(half(b"first!")) as fresh:
            server.process.send_signal(signal.SIGTERM)
            server.process.send_signal(signal.SIGCONT)
            assert read_to_end(fresh).endswith(b"first!")
        assert read_to_end(idle).endswith(b"second")
        assert server.process.wait(20) == 0


def test_after_the_signal_nobody_new_is_let_in() -> None:
    with serving() as server:
        assert server.stop() == 0
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_nothing_but_json_lines_is_logged() -> None:
    with serving() as server:
        server.ask(PID)
        assert server.stop() == 0
        server.wait_for("stopped")
        assert [line["event"] for line in server.log] == ["listening", "request", "stopped"]
        assert server.process.stdout is not None
        assert server.process.stdout.read() == ""


def test_ipv6_is_served_and_shown_in_brackets() -> None:
    with serving(host="::1") as server:
        assert server.address.startswith("http://[::1]:")
        assert server.ask(PID).startswith(b"HTTP/1.1 200")


def test_a_name_is_served_on_all_its_addresses() -> None:
    sockets = listen("localhost", 0)
    try:
        assert len({opened.getsockname()[1] for opened in sockets}) == 1
        for opened in sockets:
            socket.create_connection(opened.getsockname()[:2]).close()
    finally:
        for opened in sockets:
            opened.close()


def test_a_port_in_use_is_one_clear_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with start(port=port) as process:
            _, errors = process.communicate()
    assert process.returncode == 1
    assert errors == f"error: cannot listen on 127.0.0.1 port {port}: address already in use\n"


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_not_here_is_a_settings_error(host: str) -> None:
    with pytest.raises(SettingsError, match=f"cannot listen on {host} port 0: "):
        listen(host, 0)


def test_an_app_that_cannot_start_says_why_in_one_line() -> None:
    with start(environment={"TINY_FAILS": "1"}) as process:
        _, errors = process.communicate()
    events = [json.loads(line)["event"] for line in errors.splitlines()]
    assert process.returncode == 3
    assert events == ["the schema is older", "Application startup failed. Exiting."]


def test_several_workers_on_sqlite_are_a_settings_error() -> None:
    def unreached() -> object:
        raise AssertionError

    with pytest.raises(SettingsError, match="SQLite takes one process"):
        run_app(unreached, Settings(secret=SECRET), Place("127.0.0.1", 0, workers=2))  # type: ignore[arg-type]


def test_several_workers_share_a_port_and_stop_together() -> None:
    with serving(**SHARED) as server:
        pids: set[bytes] = set()
        while len(pids) < 2:
            pids.add(server.ask(PID).rpartition(b"\r\n")[2])
        assert str(server.process.pid).encode() not in pids
        assert server.stop() == 0


def test_the_metrics_of_several_workers_are_added_up() -> None:
    with serving(metrics_token="t", **SHARED) as server:
        pids: list[bytes] = []
        while len(set(pids)) < 2:
            pids.append(server.ask(PID).rpartition(b"\r\n")[2])
        text = server.ask(PID.replace(b"/pid", b"/metrics")).decode()
        labels = '{method="GET",route="/things/{id}",status="200"}'
        assert f"ticketpen_requests_total{labels} {len(pids)}.0" in text


def test_workers_that_cannot_start_end_the_server() -> None:
    with start(environment={"TINY_FAILS": "1"}, **SHARED) as process:
        _, errors = process.communicate()
    assert process.returncode == 3
    assert "the schema is older" in errors
    assert "Traceback" not in errors

from pathlib import Path

import pytest

from bench.measuring import Measured, Result
from bench.report import as_json, as_page, as_text
from bench.requests import HELLO, OPERATIONS
from bench.servers import start_hello
from bench.world import PICTURE_BYTES, make_picture
from bench.wrk import Load, Wrk
from ticketpen.attachments.images import clean_image


def load_of(requests: int) -> Load:
    return Load(requests, micros=1_000_000, refused=0, broken=0, p50=100, p99=900)


def result_of(ours: int, bare: int) -> Result:
    hello = [load_of(50_000)]
    measured = Measured(OPERATIONS[0], [load_of(ours)] * 3, [load_of(bare)] * 3, hello)
    return Result("SQLite", [measured], start=0.5, memory_idle=80.0, memory_after=90.0)


def test_the_load_counts_what_a_server_answers(tmp_path: Path) -> None:
    path = tmp_path / "hello.requests"
    path.write_bytes(b"%d 0\n" % len(HELLO) + HELLO)
    with start_hello(tmp_path / "log") as server:
        seen = Wrk().run(server, path, 1)
    assert seen.requests > 100
    assert (seen.refused, seen.broken) == (0, 0)


def test_a_refusal_fails_the_run(tmp_path: Path) -> None:
    path = tmp_path / "wrong.requests"
    wrong = b"GET /refused HTTP/1.1\r\nHost: x\r\n\r\n"
    path.write_bytes(b"%d 0\n" % len(wrong) + wrong)
    with start_hello(tmp_path / "log") as server, pytest.raises(RuntimeError, match="refusals"):
        Wrk().run(server, path, 1)


def test_the_picture_is_a_sound_png_of_exactly_the_size_that_is_meant() -> None:
    picture = make_picture(PICTURE_BYTES)
    assert len(picture) == PICTURE_BYTES
    assert clean_image(picture).size == PICTURE_BYTES


def test_a_missed_bar_is_said_in_the_table_the_page_and_the_json() -> None:
    assert "NO" in as_text([result_of(ours=400, bare=1_000)])
    assert "NO" in as_page([result_of(ours=400, bare=1_000)], seconds=1, rounds=3)
    met = as_json([result_of(ours=600, bare=1_000)])
    assert met["databases"]["SQLite"]["operations"]["list"]["is_met"] is True
    assert met["databases"]["SQLite"]["operations"]["list"]["ratio"] == 0.6

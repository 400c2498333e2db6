import json
import subprocess
import sys

_SCRIPT = """
import logging, sys
from ticketpen.edge.log import configure_logging, request_log
configure_logging(sys.argv[1])
log = request_log()
log.info("request", request_id="r-1", status=200)
log.debug("unseen")
logging.getLogger("uvicorn.access").info("unseen")
logging.getLogger("uvicorn.error").info("unseen")
logging.getLogger("a.library").warning("beware of %s", "dogs")
try:
    raise ValueError("reason")
except ValueError:
    log.exception("failed", request_id="r-2")
    logging.getLogger("a.library").exception("library failed")
"""

_HOST = """
import logging, sys
logging.basicConfig(level=logging.INFO, format="%(name)s %(levelname)s %(message)s %(status)s")
from ticketpen.edge.log import request_log
request_log().info("request", status=200)
"""


def run(script: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True
    )


def test_json_lines_go_to_stderr_one_for_each_event() -> None:
    done = run(_SCRIPT, "json")
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["event"] for line in lines] == [
        "request", "beware of dogs", "failed", "library failed",
    ]  # fmt: skip
    assert [line["level"] for line in lines] == ["info", "warning", "error", "error"]
    assert all(line["time"].endswith("Z") for line in lines)
    assert lines[0] | {"time": ""} == {
        "time": "", "level": "info", "event": "request", "request_id": "r-1", "status": 200,
    }  # fmt: skip
    assert lines[1]["logger"] == "a.library"
    assert all("ValueError: reason" in line["exception"] for line in lines[2:])


def test_for_the_eye_the_same_stands_in_plain_text() -> None:
    done = run(_SCRIPT, "console")
    assert done.stdout == ""
    assert "request_id=r-1" in done.stderr
    assert "beware of dogs" in done.stderr
    assert "unseen" not in done.stderr
    assert done.stderr.count("ValueError: reason") == 2
    assert "\x1b" not in done.stderr


def test_inside_a_host_the_hosts_logging_is_used() -> None:
    done = run(_HOST)
    assert (done.stdout, done.stderr) == ("", "ticketpen INFO request 200\n")

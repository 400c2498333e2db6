import os
import re
import subprocess
import sys
from pathlib import Path

from tests.edge.make import answering, behind_edge, call, looking

_WORKER = """
import sys
from ticketpen.edge.metrics import RequestMetrics
metrics = RequestMetrics()
for _ in range(int(sys.argv[1])):
    metrics.count("GET", "/things/{id}", 200, 0.002)
print(metrics.render().decode())
"""


async def test_requests_are_counted_by_method_route_and_status() -> None:
    app = behind_edge(answering(), metrics_token="t")
    for method in ("GET", "GET", "HEAD", "BREW"):
        await call(app, method)
    seen: list[bytes] = []
    app.app = looking(lambda scope: seen.append(scope["ticketpen.metrics"].render()))
    await call(app)
    text = seen[0].decode()
    line = 'ticketpen_requests_total{method="%s",route="/things/{id}",status="200"} %s'
    assert line % ("GET", "2.0") in text
    assert line % ("HEAD", "1.0") in text
    assert line % ("OTHER", "1.0") in text
    assert 'ticketpen_request_seconds_bucket{le="0.25",method="GET",route="/things/{id}"}' in text
    assert "secret" not in text


async def test_without_a_token_there_are_no_metrics() -> None:
    answer = await call(behind_edge(looking(lambda scope: scope["ticketpen.metrics"])))
    assert answer.body == b"null"


def test_the_metrics_library_is_not_imported_in_vain() -> None:
    script = (
        "import sys; from ticketpen.edge import Edge; from ticketpen.settings import Settings\n"
        "Edge(print, Settings())\n"
        "assert 'prometheus_client' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_workers_that_share_a_folder_answer_with_the_sum(tmp_path: Path) -> None:
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def worker(count: int) -> str:
        return subprocess.run(
            [sys.executable, "-c", _WORKER, str(count)],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    worker(3)
    text = worker(4)
    assert re.search(r"^ticketpen_requests_total\{.*\} 7\.0$", text, re.MULTILINE)
    assert re.search(r"^ticketpen_request_seconds_count\{.*\} 7\.0$", text, re.MULTILINE)

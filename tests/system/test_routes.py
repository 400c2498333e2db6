import re
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.system.make import System, json
from ticketpen.database import Database, choose_database
from ticketpen.database.migrations import HEAD
from ticketpen.settings import Settings, load_settings
from ticketpen.storage import Storage, choose_storage

TOKEN = "metrics-token"
SECRET = "a-secret-of-the-tests-with-enough-bytes"


@pytest.fixture
def system(settings: Settings, database: Database, storage: Storage) -> System:
    return System(settings, database, storage)


@pytest.fixture
def measured(settings: Settings, database: Database, storage: Storage) -> System:
    """With metrics on."""
    return System(msgspec.structs.replace(settings, metrics_token=TOKEN), database, storage)


@pytest.fixture
def unreachable(database_kind: str, tmp_path: Path) -> Database:
    """A database that cannot be reached."""
    url = (
        "postgresql://127.0.0.1:1/none"
        if database_kind == "postgres"
        else f"sqlite:///{tmp_path}/none/none.db"
    )
    return choose_database(
        load_settings({"TICKETPEN_DATABASE_URL": url, "TICKETPEN_SECRET": SECRET})
    )


async def test_alive_is_said_whatever_else_is_broken(
    unreachable: Database, settings: Settings
) -> None:
    answer = await System(settings, unreachable, choose_storage(settings)).get("/healthz")
    assert (answer.status, json(answer)) == (200, {"status": "ok"})
    assert answer.header("content-type") == "application/json"
    assert answer.header("cache-control") == "no-store"


async def test_ready_is_said_when_database_schema_and_storage_are(system: System) -> None:
    answer = await system.get("/readyz")
    assert answer.status == 200
    assert json(answer) == {
        "status": "ready",
        "checks": {"database": "ok", "schema": "ok", "storage": "ok"},
    }


async def test_without_its_database_it_is_not_ready(
    unreachable: Database, settings: Settings
) -> None:
    answer = await System(settings, unreachable, choose_storage(settings)).get("/readyz")
    problem = answer.problem()
    assert (answer.status, problem["code"]) == (503, "unavailable")
    assert "database" in problem["detail"]
    assert "storage" not in problem["detail"]
    assert answer.header("retry-after")


async def test_with_another_schema_it_is_not_ready(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ticketpen.system.routes.HEAD", "9999")
    answer = await system.get("/readyz")
    assert answer.status == 503
    assert (
        answer.problem()["detail"]
        == f"Not ready: the schema is {HEAD}, this program works on 9999."
    )


async def test_without_its_storage_it_is_not_ready(
    settings: Settings, database: Database, storage: Storage
) -> None:
    await storage.check()
    shutil.rmtree(settings.files_path)
    settings.files_path.write_bytes(b"in the way")
    answer = await System(settings, database, choose_storage(settings)).get("/readyz")
    assert answer.status == 503
    assert "storage" in answer.problem()["detail"]
    assert "database" not in answer.problem()["detail"]


async def test_metrics_are_shown_to_the_bearer_of_the_token(measured: System) -> None:
    await measured.get("/healthz")
    answer = await measured.get("/metrics", ("Authorization", f"Bearer {TOKEN}"))
    assert answer.status == 200
    assert answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8"
    text = answer.body.decode()
    line = 'ticketpen_requests_total{method="GET",route="/healthz",status="200"} 1.0'
    assert line in text.splitlines()
    assert re.search(r'seconds_count\{method="GET",route="/healthz"\} 1\.0', text)


@pytest.mark.parametrize(
    "authorization", [None, "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer \xff"]
)
async def test_metrics_are_refused_to_others(measured: System, authorization: str | None) -> None:
    headers = [("Authorization", authorization)] if authorization is not None else []
    answer = await measured.get("/metrics", *headers)
    assert answer.problem()["code"] == "not_authenticated"
    assert (answer.status, answer.header("www-authenticate")) == (401, "Bearer")


@pytest.mark.parametrize("authorization", ["Bearer ", "Bearer x"])
async def test_without_a_token_set_there_are_no_metrics(system: System, authorization: str) -> None:
    answer = await system.get("/metrics", ("Authorization", authorization))
    assert answer.problem()["code"] == "not_found"


async def test_the_docs_page_names_only_files_that_are_served(system: System) -> None:
    page = await system.get("/docs")
    assert page.status == 200
    assert page.header("content-type") == "text/html; charset=utf-8"
    policy = page.header("content-security-policy") or ""
    assert "script-src 'self';" in policy
    assert "http" not in policy
    links = re.findall(r'(?:src|href)="(docs/[^"]+)"', page.body.decode())
    assert len(links) == 3
    for link in links:
        answer = await system.get(f"/{link}")
        kind = "css" if link.endswith(".css") else "javascript"
        assert answer.status == 200
        assert answer.header("content-type") == f"text/{kind}; charset=utf-8"
        assert "max-age" in (answer.header("cache-control") or "")
        assert len(answer.body) > 500


async def test_the_docs_page_has_one_address_so_that_its_links_hold(system: System) -> None:
    answer = await system.get("/docs/")
    assert (answer.status, answer.header("location")) == (308, "../docs")


@pytest.mark.parametrize(
    "name", ["README.md", "index.html", "..", "%2e%2e%2froutes.py", "nothing.js"]
)
async def test_other_files_of_the_package_are_not_served(system: System, name: str) -> None:
    answer = await system.get(f"/docs/assets/{name}")
    assert answer.status == 404


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/docs", "/docs/assets/start.js"])
async def test_every_page_answers_head(system: System, path: str) -> None:
    whole = await system.get(path)
    head = await system.get(path, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.header("content-length") == str(len(whole.body))

"""Schemathesis: a thousand generated requests and more against each database, with all its checks.

docs/decisions/0002-schemathesis-checks.md says what is left out of them, and why."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final
from zlib import crc32

import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, HookContext, Response
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.generation.overrides import Override
from schemathesis.transport.serialization import Binary

from tests.cast import ADA, CLEO, MAX
from tests.client import running, token_for
from tests.pictures import PRETENDERS, jpeg, moving_webp, png, webp
from ticketpen.app import create_app
from ticketpen.errors import Code
from ticketpen.settings import Settings
from ticketpen.system.openapi import operations
from ticketpen.system.openapi_parts import MULTIPART

WANTED: Final = 1_000
EVERY: Final = [operation.id for operation in operations(Settings())]
SHARE: Final = -(-WANTED // len(EVERY))
FEWEST: Final = 30
METRICS_TOKEN: Final = "a-token-of-the-tests-for-metrics"

# Requests that are well formed and still refused, because of what is stored …
OF_STATE: Final = (
    Code.IDEMPOTENCY_MISMATCH,
    Code.STALE,
    Code.TICKET_CLOSED,
    Code.RANGE_NOT_SATISFIABLE,
)
# … or, as `invalid_value`, by rules over two values or over what exists.
OF_CONTEXT: Final = ("relevance needs search.", "must be a person who is not disabled.")
# … or for what stands in fields that the description does not know.
UNSTORABLE: Final = "must not contain NUL or half of a surrogate pair."
COMMA_LISTS: Final = ("status", "priority", "include")


class World(msgspec.Struct):
    """What there is before the requests: values of path parameters that lead somewhere."""

    tickets: list[dict[str, str]]
    people: list[str]
    keys: list[str]

    def aim(self, case: Case[Any]) -> None:
        """Lead most well-formed paths, chosen by what is sent, to something that exists."""
        parts = (case.path_parameters, case.query, case.headers, case.body)
        sent = crc32(repr(parts).encode("utf-8", "backslashreplace"))
        if sent % 4 == 0:
            return
        known = {
            **self.tickets[sent % len(self.tickets)],
            "person_id": self.people[sent % len(self.people)],
            "key_id": self.keys[sent % len(self.keys)],
            "name": "start.js",
        }
        case.path_parameters = {name: known[name] for name in case.path_parameters}


@pytest.fixture
def watched(settings: Settings) -> Settings:
    """Settings with metrics."""
    return msgspec.structs.replace(settings, metrics_token=METRICS_TOKEN)


@pytest.fixture
def world(watched: Settings) -> World:
    return asyncio.run(make_world(watched))


async def make_world(settings: Settings) -> World:
    """Max has two tickets with files; Ada and Cleo are known; there are two keys."""
    tickets, keys = [], []
    async with running(settings) as api:
        for actor in (ADA, CLEO):
            await api.as_(actor).get("/api/v1/auth/me")
        own = api.as_(MAX)
        for _ in range(2):
            opened = await own.open(files=[("a.png", png(), "image/png")])
            message = opened["messages"][0]
            tickets.append(
                {
                    "ticket_id": opened["id"],
                    "message_id": message["id"],
                    "filename": message["attachments"][0]["filename"],
                }
            )
            wanted = {"person_id": CLEO.id, "name": "Export", "scopes": ["tickets:read"]}
            made = await own.request("POST", "/api/v1/admin/keys", json=wanted)
            keys.append(made.json()["id"])
    return World(tickets, [ADA.id, CLEO.id], keys)


class Attack:
    """Sends the cases of one operation as Max, who is an admin, and runs the checks."""

    def __init__(self, settings: Settings, world: World, name: str) -> None:
        token = METRICS_TOKEN if name == "getMetrics" else token_for(settings, MAX)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.schema = schemathesis.openapi.from_asgi("/openapi.json", app=create_app(settings))
        self.operation = self.schema.find_operation_by_id(name)
        self.described = {
            name
            for body in self.operation.body
            for name in (body.resolved_schema or {}).get("properties", {})
        }
        self.count = 0

        @self.schema.hook
        def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
            assert case.meta is not None
            if case.path_parameters and not case.meta.is_negative_at(ParameterLocation.PATH):
                world.aim(case)
            if case.meta.generation.mode is GenerationMode.POSITIVE:
                for name in ("cursor", "after"):  # only the server can make them
                    case.query.pop(name, None)
            return case

    def covering_cases(self) -> Iterator[Case[Any]]:
        """The bounds of every parameter, from both sides; other methods; missing headers."""
        config = self.schema.config.generation_for(operation=self.operation, phase="coverage")
        return iter(
            CoverageGenerator(
                operation=self.operation,
                generation_modes=list(GenerationMode),
                generation_config=config,
                auth_storage=None,
                override=Override(),
                feedback=FeedbackSources(),
                hooks=None,
            )
        )

    def random_cases(self) -> st.SearchStrategy[Case[Any]]:
        """Requests as the description allows them, and as it does not."""
        return st.one_of(
            [self.operation.as_strategy(generation_mode=mode) for mode in GenerationMode]
        )

    def run(self, case: Case[Any], *, is_junk: bool = False) -> None:
        """Send one case and check the answer."""
        self.count += 1
        response = case.call(headers=self.headers)
        assert response.status_code < 500, response.text
        excluded: list[Any] = []
        if is_junk or self._is_refused_for_context(response):
            excluded.append(CHECKS.get_one("positive_data_acceptance"))
        is_form = case.media_type == MULTIPART
        if has_blank_items(case) or (is_form and not is_typed(case.body, self.described)):
            excluded.append(CHECKS.get_one("negative_data_rejection"))
        case.validate_response(response, headers=self.headers, excluded_checks=excluded)

    def _is_refused_for_context(self, response: Response) -> bool:
        """Whether a request was refused for what no schema can say."""
        if not 400 <= response.status_code < 500 or not response.content:
            return False
        problem = response.json()
        if problem["code"] in OF_STATE:
            return True
        errors = problem.get("errors", [])
        return bool(errors) and all(
            error["message"] in OF_CONTEXT
            or (error["message"] == UNSTORABLE and error["field"] not in self.described)
            for error in errors
        )


@pytest.fixture(autouse=True)
def _pictures() -> None:
    """Files are sound pictures wherever the description asks for files."""
    load_all_checks()
    sound = st.sampled_from([png(), jpeg(), webp(), moving_webp()]).map(Binary)
    schemathesis.openapi.format("binary", sound)


@pytest.mark.parametrize("name", EVERY)
def test_generated_requests_are_answered_as_described(
    watched: Settings, world: World, name: str
) -> None:
    attack = Attack(watched, world, name)
    for case in attack.covering_cases():
        attack.run(case)

    @hypothesis_settings(
        max_examples=max(FEWEST, SHARE - attack.count),
        derandomize=True,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=attack.random_cases(), junk=junk_files())
    def send(case: Case[Any], junk: bytes | None) -> None:
        if junk is None or not isinstance(case.body, dict) or "files" not in case.body:
            attack.run(case)
        else:
            case.body["files"] = [Binary(junk)]
            attack.run(case, is_junk=True)

    send()
    assert attack.count >= SHARE


def junk_files() -> st.SearchStrategy[bytes | None]:
    """Mostly none; else what only pretends to be a picture, or one that was cut."""
    cut = st.tuples(st.sampled_from([png(), jpeg(), webp()]), st.integers(0, 60)).map(
        lambda drawn: drawn[0][: drawn[1]]
    )
    return (
        st.none()
        | st.none()
        | st.binary(max_size=64)
        | cut
        | st.sampled_from([*PRETENDERS.values()])
    )


def is_typed(form: Any, described: set[str]) -> bool:
    """Whether the fields that are described arrive as what they are: in a form all but files is
    text, `null` and numbers too, and a file that is not sent as one is a text."""
    if not isinstance(form, dict):
        return True
    texts = [form[name] for name in described - {"files"} if name in form]
    files = form.get("files", [])
    return all(isinstance(text, str) for text in texts) and (
        isinstance(files, list) and all(isinstance(file, Binary) for file in files)
    )


def has_blank_items(case: Case[Any]) -> bool:
    """Whether a comma list has empty items, which are ignored."""
    sent = [case.query[name] for name in COMMA_LISTS if name in case.query]
    lists = [value if isinstance(value, list) else [value] for value in sent]
    return any(not part.strip() for items in lists for part in ",".join(map(str, items)).split(","))

"""One request and its answer on their way through the edge."""

from collections.abc import Sequence
from typing import Final

from ticketpen.edge.answers import problem_messages
from ticketpen.edge.asgi import Header, Message, Scope, Send
from ticketpen.edge.headers import missing_headers
from ticketpen.edge.limits import BodyReader
from ticketpen.errors import Problem

# The status in log and metrics of a request whose client did not wait for the answer.
CLIENT_LEFT: Final = 499
# A method no route has: the refusal of it lists those that the path does have.
PROBE: Final = "PROBE"

_END: Final[Message] = {"type": "http.response.body", "body": b"", "more_body": False}


class Exchange:
    """Receives for the app and sends for it: counts, and completes the answer's head."""

    __slots__ = (
        "_body",
        "_cors",
        "_has_no_body",
        "_is_finished",
        "_scope",
        "_send",
        "is_gone",
        "request_id",
        "status",
    )

    def __init__(self, scope: Scope, body: BodyReader, send: Send, cors: Sequence[Header]) -> None:
        self._scope = scope
        self._body = body
        self._send = send
        self._cors = cors
        self.request_id: str = scope["ticketpen.request_id"]
        self._has_no_body = "ticketpen.head" in scope
        self._is_finished = False
        self.status = 0
        """Of the answer; 0 before it has begun."""
        self.is_gone = False
        """The client left before it had its answer."""

    @property
    def is_cut(self) -> bool:
        """An answer has begun and is not complete."""
        return self.status != 0 and not self._is_finished

    async def receive(self) -> Message:
        """For the app. Raises Problem when the body breaks a limit."""
        message = await self._body.receive()
        if message["type"] == "http.disconnect" and not self._is_finished:
            self.is_gone = True
        return message

    async def send(self, message: Message) -> None:
        """For the app."""
        if message["type"] == "http.response.start":
            message = self._complete(message)
            is_last = False
        else:
            is_last = not message.get("more_body", False)
            if self._has_no_body:
                if not is_last:
                    return
                message = _END
        try:
            await self._send(message)
        except OSError:  # what a server raises when nobody is there any more
            self.is_gone = True
            raise
        self._is_finished = is_last

    def check_declared(self, length: bytes) -> None:
        """Refuse a body by the length its head says it has. Raises Problem."""
        self._body.check_declared(length)

    async def answer(self, problem: Problem) -> None:
        """Answer with a problem; nothing was sent before."""
        for message in problem_messages(problem, self.request_id):
            await self.send(message)

    async def answer_empty(self, headers: Sequence[Header]) -> None:
        """204 with `headers`."""
        await self.send({"type": "http.response.start", "status": 204, "headers": headers})
        await self.send(_END)

    def _complete(self, message: Message) -> Message:
        scope = self._scope
        headers: list[Header] = list(message.get("headers", ()))
        self.status = message["status"]
        if self.status == 405:
            headers = self._with_allow(headers, scope["method"] == PROBE)
        headers += missing_headers(headers, scope["scheme"])
        headers.append((b"x-request-id", self.request_id.encode()))
        headers += self._cors
        if self._body.refusal is not None and scope["http_version"][0] == "1":
            headers.append((b"connection", b"close"))
        return {**message, "status": self.status, "headers": headers}

    def _with_allow(self, headers: list[Header], is_probe: bool) -> list[Header]:
        """HEAD stands beside every GET; an OPTIONS request asks for nothing but `Allow`."""
        rest = [header for header in headers if header[0] != b"allow"]
        allowed = b", ".join(value for name, value in headers if name == b"allow")
        methods = {item.strip() for item in allowed.split(b",") if item.strip()}
        if b"GET" in methods:
            methods.add(b"HEAD")
        allow = (b"allow", b", ".join(sorted(methods | {b"OPTIONS"})))
        if not is_probe:
            return [*rest, allow]
        self.status = 204
        self._has_no_body = True
        return [allow]

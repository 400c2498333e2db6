"""A `Problem` as the two ASGI messages that answer with it."""

from ticketpen.edge.asgi import Header, Message
from ticketpen.errors import Code, Problem, problem_body


def problem_messages(problem: Problem, request_id: str) -> tuple[Message, Message]:
    """The start and the body of the answer, `application/problem+json`."""
    body = problem_body(problem, request_id)
    headers: list[Header] = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(body)),
    ]
    headers += [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name, value in problem.headers.items()
    ]
    return (
        {"type": "http.response.start", "status": problem.status, "headers": headers},
        {"type": "http.response.body", "body": body, "more_body": False},
    )


def internal_error() -> Problem:
    """What a caller is told of a fault of ours: nothing but where to look."""
    return Problem(
        Code.INTERNAL_ERROR,
        "Something went wrong on our side. Nothing is known to be wrong with the request; the log "
        "has the reason under this request_id.",
    )

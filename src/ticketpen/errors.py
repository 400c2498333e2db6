"""The one family of errors a caller can meet, and the one JSON shape it becomes (RFC 9457).

Every refusal anywhere is a `Problem`; `app.py` turns it into an answer, once."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec


class Code(StrEnum):
    """Stable names of what went wrong."""

    TICKET_CLOSED = "ticket_closed"
    INVALID_FILE_TYPE = "invalid_file_type"
    INVALID_FILE = "invalid_file"
    FILE_TOO_LARGE = "file_too_large"
    TOO_MANY_FILES = "too_many_files"
    MALFORMED_REQUEST = "malformed_request"
    NOT_AUTHENTICATED = "not_authenticated"
    TOKEN_EXPIRED = "token_expired"  # noqa: S105
    INVALID_CREDENTIALS = "invalid_credentials"
    ADMIN_REQUIRED = "admin_required"
    SCOPE_REQUIRED = "scope_required"
    CROSS_SITE_REQUEST = "cross_site_request"
    TICKET_NOT_FOUND = "ticket_not_found"
    ATTACHMENT_NOT_FOUND = "attachment_not_found"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    REQUEST_TIMEOUT = "request_timeout"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    CONFLICT = "conflict"
    STALE = "stale"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    INVALID_VALUE = "invalid_value"
    IDEMPOTENCY_MISMATCH = "idempotency_mismatch"
    RATE_LIMITED = "rate_limited"
    INTERNAL_ERROR = "internal_error"
    UNAVAILABLE = "unavailable"


class Meaning(msgspec.Struct, frozen=True):
    """What a code stands for: HTTP status, title, and one line for the reference."""

    status: int
    title: str
    when: str


MEANINGS: Final[Mapping[Code, Meaning]] = {
    Code.TICKET_CLOSED: Meaning(400, "Ticket is closed", "A message to a closed ticket."),
    Code.INVALID_FILE_TYPE: Meaning(
        400,
        "Invalid file type",
        "A file that is not PNG, JPEG or WebP, or is named or declared so.",
    ),
    Code.INVALID_FILE: Meaning(
        400, "Invalid file", "A picture that is damaged or has too many pixels."
    ),
    Code.FILE_TOO_LARGE: Meaning(400, "File too large", "A file of more than 5,242,880 bytes."),
    Code.TOO_MANY_FILES: Meaning(400, "Too many files", "More than three files with one message."),
    Code.MALFORMED_REQUEST: Meaning(
        400, "Malformed request", "A body or header that cannot be read as what it says it is."
    ),
    Code.NOT_AUTHENTICATED: Meaning(
        401, "Not authenticated", "No token or session, or one that is not valid."
    ),
    Code.TOKEN_EXPIRED: Meaning(401, "Token expired", "A token or session whose time is over."),
    Code.INVALID_CREDENTIALS: Meaning(
        401, "Invalid credentials", "A log-in or password change with a wrong e-mail or password."
    ),
    Code.ADMIN_REQUIRED: Meaning(
        403, "Admin required", "An admin path, and the role is not admin."
    ),
    Code.SCOPE_REQUIRED: Meaning(
        403, "Scope required", "An admin or key without the needed scope."
    ),
    Code.CROSS_SITE_REQUEST: Meaning(
        403, "Cross-site request", "A change by session cookie from a page of another origin."
    ),
    Code.TICKET_NOT_FOUND: Meaning(
        404, "Ticket not found", "No such ticket, or it belongs to somebody else."
    ),
    Code.ATTACHMENT_NOT_FOUND: Meaning(
        404, "Attachment not found", "No such file, or it belongs to somebody else's ticket."
    ),
    Code.NOT_FOUND: Meaning(404, "Not found", "No such path, person or key."),
    Code.METHOD_NOT_ALLOWED: Meaning(
        405, "Method not allowed", "The path exists, the method does not; see `Allow`."
    ),
    Code.REQUEST_TIMEOUT: Meaning(408, "Request timeout", "The body arrived too slowly."),
    Code.IDEMPOTENCY_CONFLICT: Meaning(
        409, "Still running", "The first request with this Idempotency-Key is not finished."
    ),
    Code.CONFLICT: Meaning(409, "Conflict", "Something with this unique value exists already."),
    Code.STALE: Meaning(412, "Stale", "If-Match does not name the present version."),
    Code.BODY_TOO_LARGE: Meaning(413, "Body too large", "A body of more than the body limit."),
    Code.UNSUPPORTED_MEDIA_TYPE: Meaning(
        415, "Unsupported media type", "A content type this endpoint does not take."
    ),
    Code.RANGE_NOT_SATISFIABLE: Meaning(
        416, "Range not satisfiable", "A byte range outside the file."
    ),
    Code.INVALID_VALUE: Meaning(
        422, "Invalid value", "A field, parameter or header with a value that is not allowed."
    ),
    Code.IDEMPOTENCY_MISMATCH: Meaning(
        422, "Idempotency mismatch", "This Idempotency-Key was used with another request."
    ),
    Code.RATE_LIMITED: Meaning(429, "Rate limited", "Too many requests or failed log-ins."),
    Code.INTERNAL_ERROR: Meaning(
        500, "Internal error", "A fault of ours; the log has it under the request id."
    ),
    Code.UNAVAILABLE: Meaning(
        503, "Unavailable", "The database or the file store cannot be reached right now."
    ),
}


class FieldError(msgspec.Struct, frozen=True):
    """One wrong value: which field, and what is allowed there."""

    field: str
    message: str


class Problem(Exception):
    """A refusal the caller is told about. `detail` is one string a person can act on."""

    def __init__(
        self,
        code: Code,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status that goes with the code."""
        return MEANINGS[self.code].status


def invalid(*errors: FieldError) -> Problem:
    """422 `invalid_value` naming every wrong field."""
    return Problem(
        Code.INVALID_VALUE, " ".join(f"{e.field}: {e.message}" for e in errors), errors=errors
    )


def unavailable(detail: str, *, retry_after: int = 5) -> Problem:
    """503 with `Retry-After` in seconds."""
    return Problem(Code.UNAVAILABLE, detail, headers={"Retry-After": str(retry_after)})


class ProblemBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """The body of every error answer, `application/problem+json`."""

    type: str
    title: str
    status: int
    detail: str
    code: Code
    request_id: str
    errors: tuple[FieldError, ...] = ()


PROBLEM_TYPE: Final = "urn:ticketpen:problem:"


def problem_body(problem: Problem, request_id: str) -> bytes:
    """The JSON that answers with `problem`."""
    meaning = MEANINGS[problem.code]
    body = ProblemBody(
        type=PROBLEM_TYPE + problem.code,
        title=meaning.title,
        status=meaning.status,
        detail=problem.detail,
        code=problem.code,
        request_id=request_id,
        errors=problem.errors,
    )
    return msgspec.json.encode(body)

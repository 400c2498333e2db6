"""What the multipart forms of tickets hold, checked in the order the API promises."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from ticketpen.errors import FieldError, Problem, invalid
from ticketpen.forms import Form, UploadedFile
from ticketpen.identity.caller import Caller
from ticketpen.outbox.idempotency import Attempt, fingerprint
from ticketpen.requests import find_header
from ticketpen.text import clean_line, clean_text
from ticketpen.tickets.ticket import MAX_BODY, MAX_SUBJECT

if TYPE_CHECKING:
    from litestar import Request

SUBJECT: Final = "subject"
MESSAGE: Final = "message"
BODY: Final = "body"
_ONE_LINE: Final = {SUBJECT: MAX_SUBJECT}


class Submission(msgspec.Struct, frozen=True):
    """The texts by field name, the files as they arrived, and the attempt they are part of."""

    texts: dict[str, str]
    files: Sequence[UploadedFile]
    attempt: Attempt


def check_submission(
    form: Form, fields: Sequence[str], request: "Request[Any, Any, Any]", caller: Caller
) -> Submission:
    """The required `fields` of a form. Raises Problem `invalid_value` naming every wrong one."""
    texts: dict[str, str] = {}
    errors: list[FieldError] = []
    for field in fields:
        try:
            texts[field] = _clean(field, form.first(field))
        except Problem as problem:
            errors += problem.errors
    if errors:
        raise invalid(*errors)
    key = find_header(request.scope, b"idempotency-key")
    return Submission(
        texts=texts,
        files=[file for _, file in form.files],
        attempt=Attempt(caller.id, key, _fingerprint(request, form) if key is not None else ""),
    )


def _clean(field: str, value: str | None) -> str:
    if value is None:
        raise invalid(FieldError(field, "is required."))
    if field in _ONE_LINE:
        return clean_line(field, value, _ONE_LINE[field])
    return clean_text(field, value, MAX_BODY)


def _fingerprint(request: "Request[Any, Any, Any]", form: Form) -> str:
    parts: list[tuple[str, ...]] = [("field", name, value) for name, value in form.fields]
    parts += [("file", name, file.name, file.sha256) for name, file in form.files]
    return fingerprint(request.method, request.scope["path"], parts)

"""The download of attachments."""

from typing import Final

from ticketpen.attachments.images import Kind
from ticketpen.errors import Code
from ticketpen.identity.caller import Scope
from ticketpen.system import openapi_examples as examples
from ticketpen.system.openapi_parts import (
    UUID,
    Access,
    Answer,
    Content,
    Operation,
    header,
    path,
    query,
)
from ticketpen.system.openapi_tickets import IF_NONE_MATCH, OWN_PATH, TICKET_ID

TAG: Final = "Attachments"

_FILE_HEADERS: Final = ("ETag", "Content-Disposition", "Accept-Ranges")
_FILE_CONTENTS: Final = tuple(Content(kind, {}) for kind in Kind)
DOWNLOAD: Final = Operation(
    method="GET",
    path=f"{OWN_PATH}/{{ticket_id}}/attachments/{{message_id}}/{{filename}}",
    id="downloadAttachment",
    tag=TAG,
    summary="Download a screenshot",
    description="Of an own ticket; an admin may have any. The path is the `url` of an attachment.",
    access=Access.SIGNED_IN,
    scope=Scope.TICKETS_READ,
    parameters=(
        TICKET_ID,
        path("message_id", "The message's id, in any case.", UUID, examples.MESSAGE_ID),
        path(
            "filename",
            "The attachment's `filename`.",
            {"type": "string", "minLength": 1},
            examples.FILENAME,
        ),
        query(
            "download",
            "`1`: the browser is told to keep the file, not to show it.",
            {"type": "string"},
            "1",
        ),
        header(
            "Range",
            "A single range of bytes; anything else is ignored.",
            {"type": "string"},
            "bytes=0-1023",
        ),
        header("If-Range", "The ETag for which the range is meant.", {"type": "string"}),
        IF_NONE_MATCH,
    ),
    answers=(
        Answer(200, "The file.", _FILE_CONTENTS, headers=_FILE_HEADERS),
        Answer(
            206, "A part of the file.", _FILE_CONTENTS, headers=(*_FILE_HEADERS, "Content-Range")
        ),
        Answer(304, "The caller has this file.", headers=("ETag",)),
    ),
    errors=(Code.ATTACHMENT_NOT_FOUND, Code.RANGE_NOT_SATISFIABLE),
)

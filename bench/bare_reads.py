"""The yardstick's reads: rows straight into the answer's bytes."""

from typing import Any, Final

import msgspec

from bench.engines import Engine, Rows
from ticketpen.clock import rfc3339
from ticketpen.cursors import Cursors
from ticketpen.tickets import list_queries, queries
from ticketpen.tickets.filters import Filters, ListRequest, Order, Place, Sort
from ticketpen.tickets.payloads import (
    AttachmentPayload,
    MessagePayload,
    TicketItem,
    TicketList,
    TicketPayload,
)
from ticketpen.tickets.ticket import PRIORITIES, STATUSES, Sender

Header = tuple[bytes, bytes]

PAGE: Final = 20
_encode: Final = msgspec.json.Encoder().encode
_SENDERS: Final = {str(sender): sender for sender in Sender}


class BareReads:
    """Lists, single tickets and files."""

    def __init__(self, engine: Engine, cursors: Cursors) -> None:
        self._engine = engine
        self._cursors = cursors
        self._all = list_queries.list_tickets(list_queries.shape_of(_request(Filters())))
        self._own = list_queries.list_tickets(list_queries.shape_of(_request(Filters("someone"))))
        self._lists: dict[str, str] = {"": _request(Filters()).list_of}

    async def list_all(self, caller_id: str) -> bytes:
        """The first page of all tickets."""
        params: dict[str, object] = {"caller_id": caller_id, "limit": PAGE + 1, "offset": 0}
        return self._page(await self._engine.read(self._all, params), "")

    async def list_own(self, caller_id: str) -> bytes:
        """The first page of the caller's tickets."""
        if caller_id not in self._lists:
            self._lists[caller_id] = _request(Filters(caller_id)).list_of
        params: dict[str, object] = {
            "caller_id": caller_id,
            "user_id": caller_id,
            "limit": PAGE + 1,
            "offset": 0,
        }
        return self._page(await self._engine.read(self._own, params), caller_id)

    async def get_any(self, caller_id: str, ticket_id: str) -> bytes:
        """Any ticket."""
        params: dict[str, object] = {"caller_id": caller_id, "ticket_id": ticket_id}
        return _ticket(await self._engine.read(queries.GET_ANY, params))

    async def get_own(self, caller_id: str, ticket_id: str) -> bytes:
        """The caller's ticket."""
        params: dict[str, object] = {"caller_id": caller_id, "ticket_id": ticket_id}
        return _ticket(await self._engine.read(queries.GET_OWNED, params))

    async def find_file(
        self, caller_id: str, ticket_id: str, message_id: str, filename: str
    ) -> tuple[str, list[Header]]:
        """The key of a file of the caller's ticket, and the headers it is sent with."""
        params: dict[str, object] = {
            "caller_id": caller_id,
            "ticket_id": ticket_id,
            "message_id": message_id,
            "filename": filename,
        }
        rows = await self._engine.read(queries.FIND_OWNED_FILE, params)
        _, name, kind, size, sha256, key = rows[0]
        shown = f"inline; filename=\"{name}\"; filename*=UTF-8''{name}"
        return key, [
            (b"content-type", kind.encode()),
            (b"content-disposition", shown.encode()),
            (b"content-security-policy", b"default-src 'none'; sandbox"),
            (b"x-content-type-options", b"nosniff"),
            (b"cross-origin-resource-policy", b"same-origin"),
            (b"cache-control", b"private, no-cache"),
            (b"accept-ranges", b"bytes"),
            (b"etag", b'"%s"' % sha256[:32].encode()),
            (b"content-length", b"%d" % size),
            (b"referrer-policy", b"no-referrer"),
            (b"x-frame-options", b"DENY"),
        ]

    def _page(self, rows: Rows, list_of: str) -> bytes:
        items = [
            TicketItem(
                row[2],
                row[3],
                row[4],
                row[5],
                row[6],
                row[7],
                STATUSES[row[8]],
                PRIORITIES[row[9]],
                row[10],
                rfc3339(row[11]),
                rfc3339(row[12]),
                rfc3339(row[13]),
            )
            for row in rows[:PAGE]
        ]
        cursor = None
        if len(rows) > PAGE:
            last = rows[PAGE - 1]
            cursor = self._cursors.make(Place(self._lists[list_of], last[14], last[2]))
        return _encode(TicketList(items, rows[0][1], 1, PAGE, cursor))


def _request(filters: Filters) -> ListRequest:
    return ListRequest(filters, Sort.LAST_MESSAGE_AT, Order.DESC, 1, PAGE, None, False)


def _ticket(rows: Rows) -> bytes:
    first = rows[0]
    ticket_id = first[1]
    messages: list[MessagePayload] = []
    files: list[AttachmentPayload] = []
    latest = None
    for row in rows:
        if row[17] != latest:
            latest = row[17]
            files = []
            messages.append(_message(ticket_id, row, files))
        if row[25] is not None:
            files.append(_file(ticket_id, row))
    return _encode(
        TicketPayload(
            ticket_id,
            first[2],
            first[3],
            first[4],
            first[5],
            first[7],
            STATUSES[first[8]],
            PRIORITIES[first[9]],
            first[10],
            rfc3339(first[14]),
            rfc3339(first[15]),
            rfc3339(first[16]),
            messages,
        )
    )


def _message(ticket_id: str, row: Any, files: list[AttachmentPayload]) -> MessagePayload:
    return MessagePayload(
        row[17],
        ticket_id,
        row[18],
        _SENDERS[row[19]],
        row[20],
        row[21],
        row[23],
        files,
        rfc3339(row[24]),
    )


def _file(ticket_id: str, row: Any) -> AttachmentPayload:
    return AttachmentPayload(
        row[26],
        row[27],
        row[29],
        row[28],
        f"/api/v1/support/tickets/{ticket_id}/attachments/{row[17]}/{row[26]}",
        None,
        row[30],
        row[31],
    )

"""What the demo's tests read back from a database."""

import msgspec

from ticketpen.app import make_state
from ticketpen.attachments.attachment import Attachment
from ticketpen.cursors import Cursors
from ticketpen.database import Database
from ticketpen.identity.caller import Caller, Channel, Role
from ticketpen.settings import Settings
from ticketpen.state import AppState
from ticketpen.storage import choose_storage
from ticketpen.tickets.filters import Filters, ListRequest, Order, Sort
from ticketpen.tickets.finding import list_tickets
from ticketpen.tickets.payloads import TicketItem

ADA = Caller("ada", None, None, Role.ADMIN, Channel.TOKEN)


def state_for(settings: Settings, database: Database) -> AppState:
    """The parts of an app, with an open database."""
    return msgspec.structs.replace(make_state(settings), database=database)


async def list_all(database: Database) -> list[TicketItem]:
    """Every ticket, up to a hundred."""
    request = ListRequest(Filters(), Sort.CREATED_AT, Order.ASC, 1, 100, None, False)
    return list((await list_tickets(database, ADA, request, Cursors(b"k"))).tickets)


async def read_file(settings: Settings, file: Attachment) -> bytes:
    """The bytes of a kept file."""
    found = await choose_storage(settings).read(file.storage_key, 0, file.size)
    return found if isinstance(found, bytes) else b"".join([piece async for piece in found])

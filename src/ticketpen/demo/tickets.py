"""The demo's tickets, oldest first, as they were opened."""

from ticketpen.demo.story import DemoTicket
from ticketpen.demo.tickets_access import ACCESS_TICKETS
from ticketpen.demo.tickets_billing import BILLING_TICKETS
from ticketpen.demo.tickets_developers import DEVELOPER_TICKETS
from ticketpen.demo.tickets_reports import REPORT_TICKETS

TICKETS: tuple[DemoTicket, ...] = tuple(
    sorted(
        BILLING_TICKETS + REPORT_TICKETS + DEVELOPER_TICKETS + ACCESS_TICKETS,
        key=lambda ticket: ticket.days_ago,
        reverse=True,
    )
)

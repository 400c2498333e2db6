"""What a caller may reach of tickets. Pure; the same limits are part of the SQL that loads rows."""

from ticketpen.errors import Code, Problem


def ticket_not_found() -> Problem:
    """The one answer for no ticket and for somebody else's."""
    return Problem(Code.TICKET_NOT_FOUND, "There is no such ticket, or it is not yours.")


def attachment_not_found() -> Problem:
    """The one answer for no file and for one of somebody else's ticket."""
    return Problem(Code.ATTACHMENT_NOT_FOUND, "There is no such attachment, or it is not yours.")

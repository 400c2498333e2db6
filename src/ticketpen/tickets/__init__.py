"""The heart: tickets and their messages.

A ticket's life (`ticket.py` decides, `opening`, `replying` and `triage` do):

    open ──admin replies──▶ in_progress ──admin sets──▶ resolved ──admin sets──▶ closed
      ▲                                                    │                      (no messages)
      └────────────────────user replies────────────────────┘

An admin may set any status at any time; `closed` takes messages from nobody."""

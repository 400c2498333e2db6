"""Screenshots: checked, stripped of metadata, kept, served. Never decoded or re-encoded here."""

"""Users and staff as we know them: profiles that follow the callers' tokens, and own accounts."""

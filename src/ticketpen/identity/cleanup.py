"""Forget sessions that are over and log-in failures that no longer count."""

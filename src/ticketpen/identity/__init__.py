"""Who is calling: tokens, API keys, sessions, and what their holder may do."""

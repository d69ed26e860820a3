"""Photos for the public, redacted by a moderator."""

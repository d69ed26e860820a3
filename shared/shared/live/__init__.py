"""Pages that show changes as they happen, by server-sent events."""

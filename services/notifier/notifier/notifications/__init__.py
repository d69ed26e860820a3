"""A notification: its states, its queue, its outcome."""

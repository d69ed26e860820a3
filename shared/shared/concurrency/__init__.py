"""Tasks that run side by side, are supervised, and end in time."""

"""The frame every service runs in: its HTTP server, its workers, its end."""

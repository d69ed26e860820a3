"""Published submissions that may be about the same matter."""

"""The submissions that a signed-in person filed."""

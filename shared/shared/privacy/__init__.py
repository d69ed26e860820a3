"""Personal data: audit trail, sealed contacts, erasure."""

"""Working calendars and SLA policies, published as one rulebook."""

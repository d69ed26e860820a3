"""Plans the notifications of an event: table, audience, recipients."""

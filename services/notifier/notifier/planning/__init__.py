"""Who is told of an event: the table, the audience, the notifications planned."""

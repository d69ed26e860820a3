"""What the router knows about routing and an assignment's life: no framework, no database, no clock of its own."""

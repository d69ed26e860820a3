"""What the services tell each other: one module of event types per topic, and the envelope they travel in."""

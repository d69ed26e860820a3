"""Events between the services: one module of event types per topic, and their envelope."""

"""Webhooks of entities and partners: endpoints, secrets, deliveries."""

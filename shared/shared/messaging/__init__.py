"""Kafka in and out: topics, producer, relay, consumers, dead letters."""

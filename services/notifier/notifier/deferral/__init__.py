"""Notifications that wait: quiet hours, bursts, digests, unconfirmed addresses."""

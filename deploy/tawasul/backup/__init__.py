"""Backup and restore: all four databases at one moment, and what was on its way between them at that moment.

The databases are read in one snapshot (MongoDB gives it for `minSnapshotHistoryWindowInSeconds`, five minutes unless
set higher). What a service had published and another had not taken by then is in Kafka alone, so it is kept too: each
topic from where the slowest of its readers stood *before* the moment to its end *after* it, less what its owner's
database did not know yet at the moment. What an outbox still held is published again by the relay, what comes twice is
known by its id, and what is concluded again has the id it had (`id_of_consequence`).

Whom the system told after the moment, it must not tell again. The journal beside a backup (`follow`) keeps that, and
whom it had erased.
"""

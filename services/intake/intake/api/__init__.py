"""Intake over HTTP: `/api/intake/v1`."""

"""Endpoints for operations, never through the gateway: dead letters and reconciliation."""

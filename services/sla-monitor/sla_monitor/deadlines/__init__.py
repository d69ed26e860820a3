"""Declarations: warnings, breaches and escalations at their moment, and what the others are told."""

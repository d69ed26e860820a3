"""Declares warnings, breaches and escalations at their moment."""

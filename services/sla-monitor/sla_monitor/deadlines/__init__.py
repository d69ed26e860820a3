"""Decides which deadline events and declarations a clock owes: warnings, breaches, escalations and moves."""

"""Recalculates open clocks under a new rulebook, and reports what moved."""

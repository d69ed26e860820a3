"""Open clocks under a new rulebook: previewed, moved, reported."""

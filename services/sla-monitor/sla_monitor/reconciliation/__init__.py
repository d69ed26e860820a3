"""States the effects of clocks to the other services, and compares theirs."""

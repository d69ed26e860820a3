"""Contact points of people, and the addresses that get nothing."""

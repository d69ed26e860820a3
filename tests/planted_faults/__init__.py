"""Faults planted at the borders between the services, to see that the tests find them."""

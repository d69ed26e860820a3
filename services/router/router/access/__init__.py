"""Which cases an official may see, and what they may do with them."""

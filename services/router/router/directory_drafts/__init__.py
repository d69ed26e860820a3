"""The draft of the next directory: changed, checked, tried, published."""

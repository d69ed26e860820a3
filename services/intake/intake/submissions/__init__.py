"""The submission itself: its state, its life, its store."""

"""Choices of people: which matters, by which channel, when."""

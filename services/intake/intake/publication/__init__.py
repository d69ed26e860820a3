"""Moderating submissions for the public."""

"""Submissions as anyone may read them: list, feeds, open data."""

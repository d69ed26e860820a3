"""Submissions that are alike: found, merged, linked, kept in step."""

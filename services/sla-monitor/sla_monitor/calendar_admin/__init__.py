"""Changing calendars and policies: files, forms, publication and their pages."""

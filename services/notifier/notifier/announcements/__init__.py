"""Announcements to everybody who follows an area or a category."""

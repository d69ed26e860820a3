"""Checking and cleaning images, videos and documents."""

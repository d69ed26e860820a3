"""Requests to addresses that others name: safe, resolved apart, limited."""

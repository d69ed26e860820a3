"""Entities, officials, areas, categories and rules as they are published."""

"""Decides who may see what, and names the refusals that every capability shares."""

"""Keeps the clock of each submission: facts come in, due times and declarations go out."""

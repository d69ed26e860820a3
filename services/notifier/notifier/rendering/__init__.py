"""Templates by language, compiled, into the words that people read."""

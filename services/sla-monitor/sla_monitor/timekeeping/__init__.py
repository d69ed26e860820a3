"""Reads a clock from the facts of a submission: who had the case, how much time counted, when it is due."""

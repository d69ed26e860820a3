"""The reason that ends an import, in one line for the person who started it."""


class CannotImport(Exception):
    """It cannot begin, or cannot go on; the message says why and what to do."""

"""What ends an import, told in one line to whoever started it."""


class CannotImport(Exception):
    """It cannot begin, or cannot go on; the message says why and what to do."""

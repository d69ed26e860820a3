"""The refusal of a backup or restore, in one line for the person at the terminal."""


class Refused(Exception):
    pass

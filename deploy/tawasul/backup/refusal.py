"""What backup and restore will not do, in one line for the person at the terminal."""


class Refused(Exception):
    pass

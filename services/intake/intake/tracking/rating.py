"""Reasons for a rating, as countable words. Words may be added, but never removed."""

from enum import StrEnum


class Reason(StrEnum):
    QUICK = "quick"
    CLEAR = "clear"
    SOLVED = "solved"
    RESPECTFUL = "respectful"
    SLOW = "slow"
    UNCLEAR = "unclear"
    UNSOLVED = "unsolved"
    BESIDE_THE_POINT = "beside_the_point"
    DISRESPECTFUL = "disrespectful"


GOOD = (Reason.QUICK, Reason.CLEAR, Reason.SOLVED, Reason.RESPECTFUL)
POOR = (Reason.SLOW, Reason.UNCLEAR, Reason.UNSOLVED, Reason.BESIDE_THE_POINT, Reason.DISRESPECTFUL)

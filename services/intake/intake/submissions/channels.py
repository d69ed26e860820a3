"""The ways in: who may use which, and for whom they speak."""

from shared.events.model import Channel, Role

OF_ITS_AUTHOR = frozenset({Channel.WEB, Channel.APP})
"""Whoever is signed in files for themselves, and finds it among their own."""

FOR_SOMEBODY_ELSE = frozenset({Channel.COUNTER, Channel.PHONE, Channel.PORTAL})
"""An official files for a citizen who stands there or calls."""

SEEN_BY_AN_OFFICIAL = FOR_SOMEBODY_ELSE | {Channel.IMPORT}

NOT_FOR_EVERYBODY = {
    **dict.fromkeys(FOR_SOMEBODY_ELSE, frozenset({Role.OFFICER, Role.SUPERVISOR, Role.HEAD, Role.CENTRAL})),
    Channel.IMPORT: frozenset({Role.CENTRAL, Role.ADMINISTRATOR}),
}
"""The roles of which one is needed."""


def may_use(channel: Channel, roles: frozenset[Role]) -> bool:
    return channel not in NOT_FOR_EVERYBODY or not NOT_FOR_EVERYBODY[channel].isdisjoint(roles)

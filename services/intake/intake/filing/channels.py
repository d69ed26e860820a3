"""Channels of filing: who may use them, and whom they speak for."""

from shared.events.model import Channel, Role

OF_ITS_AUTHOR = frozenset({Channel.WEB, Channel.APP})
"""A signed-in person files for themselves, and finds it among their own submissions."""

FOR_SOMEBODY_ELSE = frozenset({Channel.COUNTER, Channel.PHONE, Channel.PORTAL})
"""An official files for a citizen who is present or calls."""

SEEN_BY_AN_OFFICIAL = FOR_SOMEBODY_ELSE | {Channel.IMPORT}

NOT_FOR_EVERYBODY = {
    **dict.fromkeys(FOR_SOMEBODY_ELSE, frozenset({Role.OFFICER, Role.SUPERVISOR, Role.HEAD, Role.CENTRAL})),
    Channel.IMPORT: frozenset({Role.CENTRAL, Role.ADMINISTRATOR}),
}
"""The caller needs one of these roles."""


def may_use(channel: Channel, roles: frozenset[Role]) -> bool:
    return channel not in NOT_FOR_EVERYBODY or not NOT_FOR_EVERYBODY[channel].isdisjoint(roles)

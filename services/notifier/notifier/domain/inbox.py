"""Whose inbox is read: of somebody who signed in, and of submissions that were opened by their secret links."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reader:
    """`scope`: ids of submissions. Who has their secret links reads what their authors are told."""

    subject: str | None
    scope: tuple[str, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """What changes when something is told to this reader."""
        return (*((self.subject,) if self.subject else ()), *self.scope)


def place_of(audience: str, reference: str) -> str:
    """Where what an inbox item tells about is seen, under the one origin."""
    if audience == "author":
        return f"/track/{reference}"
    if audience == "follower":
        return f"/submissions/{reference}"
    return f"/desk/{reference}"

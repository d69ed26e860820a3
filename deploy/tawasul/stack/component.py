"""A component of the local stack, as the supervisor needs to know it."""

from typing import Protocol

from tawasul.stack.ports import Port


class CannotStart(Exception):
    """One line for the person at the terminal: what is wrong and what to do."""


class Component(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Names of the components that must be ready before this one starts."""

    @property
    def ports(self) -> tuple[Port, ...]: ...

    @property
    def patience(self) -> float:
        """Seconds until a start that does not become ready counts as failed."""

    @property
    def advice(self) -> str:
        """The hint to print when it does not come up."""

    def prepare(self) -> None:
        """Bring in what is missing and write the configuration. Blocking; raises CannotStart. Safe to repeat."""

    def command(self) -> list[str]: ...

    def environment(self) -> dict[str, str]: ...

    async def is_ready(self) -> bool:
        """Asked again and again after a start until it says yes; must not raise for "not yet"."""

"""Facts of the router's directory (`tawasul.directory.v1`, compacted).

Keys: `entity:ID`, `official:ID`, `category:ID`.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.events.model import EventData, Identifier, Kind, Language, Name, Priority, Role


class EntityChanged(EventData):
    type: Literal["EntityChanged"] = "EntityChanged"
    entity: Identifier
    name: Name
    kind: str
    email: str | None = None
    calendar: Identifier
    parent: Identifier | None = None
    active: bool = True


class OfficialChanged(EventData):
    """An official's work address travels here; it is no citizen's personal data."""

    type: Literal["OfficialChanged"] = "OfficialChanged"
    official: Identifier
    name: Name
    entity: Identifier
    role: Role
    email: str | None = None
    language: Language
    active: bool = True


class CategoryChanged(EventData):
    type: Literal["CategoryChanged"] = "CategoryChanged"
    category: Identifier
    name: Name
    parent: Identifier | None = None
    priority: Priority = Priority.NORMAL
    kinds: tuple[Kind, ...] = ()
    active: bool = True


DirectoryEvent = Annotated[EntityChanged | OfficialChanged | CategoryChanged, Field(discriminator="type")]

"""Models of the commands that merge and link cases."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from router.casework.command_models import Sentence

Reference = Annotated[str, Field(min_length=1, max_length=40)]


class MergeInto(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reference": "7K3MX-QPA42", "reason": "The same hole in the same road."}]},
    )

    reference: Reference
    reason: Sentence


class Unmerge(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "It is another hole, further on."}]}
    )

    reason: Sentence


class LinkWith(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"reference": "7K3MX-QPA42"}]})

    reference: Reference

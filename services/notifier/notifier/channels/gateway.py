"""One SMS gateway, described by data: how it is asked, what its answers mean, how its receipts are recognised.

Whoever signs a contract with another one writes a description, and no code.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

from notifier.mail_reports.receipts import ReceiptState

PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS = frozenset({"id", "number", "digits", "text", "alphabet", "sender", "secret", "user", "basic"})
"""`digits` is the number without its plus sign; `basic` is user and secret as HTTP's Basic authentication has them."""

Filled = Annotated[str, Field(max_length=500)]


class Signature(BaseModel):
    """An HMAC-SHA256 of the body under the secret, as hex or base64 in a header, behind `prefix`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    header: str
    encoding: Literal["hex", "base64"] = "hex"
    prefix: str = ""

    def of(self, body: bytes, secret: str) -> str:
        digest = hmac.digest(secret.encode(), body, hashlib.sha256)
        return self.prefix + (digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode())


class ReceiptsDescription(BaseModel):
    """Where in a receipt its fields stand (`a.b.c`), and what its statuses mean; others change nothing.

    `authentication`: by an `Authorization` header with the secret of its own (`bearer`, `basic`), or a signature.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    authentication: Literal["bearer", "basic", "signature"]
    user: str = ""
    signature: Signature | None = None
    body: Literal["json", "form"] = "json"
    many: str | None = Field(default=None, description="path of the list, where one body has several")
    id: str
    status: str
    statuses: dict[str, ReceiptState]

    @model_validator(mode="after")
    def _has_what_it_checks(self) -> "ReceiptsDescription":
        if (self.authentication == "signature") != (self.signature is not None):
            raise ValueError("`signature` stands where authentication is by signature, and nowhere else")
        return self


class GatewayDescription(BaseModel):
    """`fields` and `headers` are filled with what stands in braces. `taken` and `refused` are HTTP statuses: the second
    mean that this number will never be reached. `rejected` are values at `error` that mean the same in an answer that
    is otherwise a success; where `error` is given, an answer that is no JSON says neither, and the message is tried
    again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$")
    url: str = Field(pattern=r"^https?://")
    method: Literal["POST", "GET", "PUT"] = "POST"
    body: Literal["json", "form", "query"] = "json"
    fields: dict[str, Filled]
    headers: dict[str, Filled] = Field(default_factory=dict)
    signature: Signature | None = None
    sender: str = "Tawasul"
    user: str = ""
    taken: frozenset[int] = frozenset({200, 201, 202})
    refused: frozenset[int] = frozenset({400, 404, 422})
    error: str | None = Field(default=None, description="path in an answer where an error stands")
    rejected: frozenset[str] = frozenset()
    cost: str | None = Field(default=None, description="path in an answer where the price of this message stands")
    price_per_part: float = Field(default=0.0, ge=0, description="where answers say none")
    per_second: float = Field(default=10.0, gt=0)
    timeout_seconds: float = Field(default=10.0, gt=0)
    receipts: ReceiptsDescription | None = None

    @model_validator(mode="after")
    def _asks_for_what_there_is(self) -> "GatewayDescription":
        written = [*self.fields.values(), *self.headers.values()]
        asked = {name for value in written for name in PLACEHOLDER.findall(value)}
        if unknown := asked - PLACEHOLDERS:
            raise ValueError(f"{self.name} asks for {', '.join(sorted(unknown))}")
        if not {"number", "digits"} & asked or "text" not in asked:
            raise ValueError(f"{self.name} says neither number nor text")
        return self


class Gateways(BaseModel):
    """In the order in which they are tried."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    country: str = Field(default="BH", pattern=r"^[A-Z]{2}$", description="of numbers without a prefix")
    gateways: tuple[GatewayDescription, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _have_names_of_their_own(self) -> "Gateways":
        names = [gateway.name for gateway in self.gateways]
        if len(set(names)) != len(names):
            raise ValueError("two gateways have one name")
        return self


def filled(template: str, values: Mapping[str, str]) -> str:
    """Replace the placeholders in braces once; inserted values are not searched again."""
    return PLACEHOLDER.sub(lambda found: values[found[1]], template)


def at(path: str | None, answer: Any) -> Any:
    """The value at the path `a.b.0.c`; None if there is none."""
    for step in (path or "").split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(step)
        elif isinstance(answer, list) and step.isdecimal() and int(step) < len(answer):
            answer = answer[int(step)]
        else:
            return None
    return answer


def read_json(body: bytes) -> Any:
    """None for what is no JSON."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None

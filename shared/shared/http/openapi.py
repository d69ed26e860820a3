"""How every service describes its HTTP API: what a refusal looks like, how one signs in, what a command may carry."""

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI, Security
from fastapi._compat import get_flat_models_from_fields, get_model_name_map
from fastapi.openapi.utils import get_fields_from_routes
from fastapi.security import APIKeyCookie, HTTPBearer
from pydantic import BaseModel, Field

from shared.http.problems import MEDIA_TYPE


class ProblemDetail(BaseModel):
    """RFC 9457 problem details, with both languages for people."""

    type: str = Field(examples=["urn:tawasul:problem:not-possible-now"])
    title: str = Field(examples=["Conflict"])
    status: int = Field(examples=[409])
    detail: str = Field(examples=["“answer” is not possible while the submission is “closed”."])
    detail_ar: str
    instance: str
    errors: list[dict[str, str]] = Field(default=[], description="field, code, message, message_ar")


_MEANING = {
    401: "No token, or one that is not good",
    403: "Another entity's, or not for this role",
    404: "Unknown",
    409: "Not possible in this state; or changed meanwhile; or an Idempotency-Key used for another request",
    412: "Changed since the version in If-Match",
    413: "More than can be sent at once",
    422: "Something in the request cannot be accepted",
    429: "Too many in a short time; `Retry-After` says when, `RateLimit` and `RateLimit-Policy` of what",
    503: "Nothing was done, or it could not be confirmed: `type` says which; try again in a moment",
}


def complete(document: dict[str, Any], app: FastAPI) -> dict[str, Any]:
    """FastAPI's document of the application, with what FastAPI leaves out and without what cannot be sent."""
    schemas = document.get("components", {}).get("schemas", {})
    for name, examples in _examples_of(app):
        for schema in (schemas.get(name + of) for of in ("", "-Input", "-Output")):
            if schema is not None and "examples" in schema:
                schema["examples"] = examples
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter["schema"] = _without_null(parameter["schema"])
    return document


def _examples_of(app: FastAPI) -> Iterator[tuple[str, Any]]:
    """Each model's own examples: FastAPI drops nulls from them."""
    models = get_flat_models_from_fields(get_fields_from_routes(app.routes), known_models=set())
    for model, name in get_model_name_map(models).items():
        extra = getattr(model, "model_config", {}).get("json_schema_extra")
        if isinstance(extra, dict) and "examples" in extra:
            yield name, extra["examples"]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A path, a query or a header cannot say null: what is not sent is not there."""
    choices = [choice for choice in schema.get("anyOf", []) if choice != {"type": "null"}]
    if not choices:
        return schema
    outer = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**choices[0], **outer} if len(choices) == 1 else {**outer, "anyOf": choices}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For `responses` of an endpoint. With 422 among them FastAPI does not add a shape that we never answer with."""
    return {
        status: {
            "description": _MEANING[status],
            "content": {MEDIA_TYPE: {"schema": ProblemDetail.model_json_schema()}},
        }
        for status in (*statuses, 429)
    }


def leading_to(**links: tuple[str, dict[str, str]]) -> dict[int | str, dict[str, Any]]:
    """For `responses` of an endpoint: by name, the path of a reading that its answer leads to, and its parameters."""
    return {
        200: {
            "links": {
                name: {"operationRef": f"#/paths/{path.replace('/', '~1')}/get", "parameters": parameters}
                for name, (path, parameters) in links.items()
            }
        }
    }


BEARER = HTTPBearer(
    scheme_name="bearer",
    bearerFormat="JWT",
    description="An access token of the OpenID provider.",
    auto_error=False,  # who is asking, and whether that will do, is decided in `auth`
)
COOKIE = APIKeyCookie(
    name="__Host-tawasul",
    scheme_name="session",
    description="A browser's session; `tawasul` without TLS. A change needs the header `Tawasul-Form-Token` as well.",
    auto_error=False,
)
WAYS_TO_SIGN_IN = [Security(BEARER), Security(COOKIE)]
"""For `dependencies` of an endpoint that asks by itself who is there."""

NOBODY_TOO: dict[str, Any] = {"security": [{}]}
"""For `openapi_extra`, beside `WAYS_TO_SIGN_IN`: one may, but need not be signed in."""

ONCE: dict[str, Any] = {
    "parameters": [
        {
            "name": "Idempotency-Key",
            "in": "header",
            "schema": {"type": "string", "format": "uuid"},
            "description": "The same key and body again get the same answer; another body is refused (409).",
        }
    ]
}
"""For `openapi_extra` of a command."""

"""Settings of the router, read from the environment here alone."""

from pydantic import Field
from shared.operations.settings import ServiceSettings


class RouterSettings(ServiceSettings):
    port: int = 8102
    live_connections: int = Field(default=2_000, ge=1, description="of this process that wait for changes")
    live_connections_per_client: int = Field(default=8, ge=1, description="of one session or signed-in caller")

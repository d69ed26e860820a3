"""Settings of intake, from environment variables."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict
from shared.operations.rates import RateText
from shared.operations.settings import ServiceSettings


class IntakeSettings(ServiceSettings):
    """Keys have no default: a service that generated its own would lose them at a restart."""

    model_config = SettingsConfigDict(env_prefix="TAWASUL_", extra="ignore")

    port: int = 8101
    contact_keys: SecretStr = Field(
        description="32-byte keys shared with the notifier, newest first (base64url, commas between)"
    )
    tracking_keys: SecretStr = Field(description="version:base64url key, comma separated; the highest version signs")
    confirm_contacts: Literal["on", "off"] = Field(
        default="on",
        description="an address or number gets one message until whoever reads it confirms it; off: all of them",
    )
    queue_limit: int = Field(default=2_000, ge=1, description="submissions waiting for their write before 503")
    commit_limit: int = Field(default=256, ge=1, description="most submissions in one write")
    close_after_days: int = Field(default=14, ge=1, description="an answered submission closes by itself after these")
    erase_after_days: int = Field(
        default=1_825, ge=0, description="what ended so long ago loses its person by itself; 0: never"
    )
    kept_days: int = Field(default=400, ge=1, description="as the notifier is told: the privacy page says it")
    withheld_days: int = Field(default=30, ge=1, description="as the notifier is told: the privacy page says it")
    oidc_client_id: str = Field(default="tawasul", description="our name at the provider, for signing in by browser")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="empty for a public client (PKCE alone)")
    session_hours: int = Field(default=12, ge=1, le=24 * 30, description="then a person signs in anew")
    most_additions: int = Field(default=50, ge=1, description="to one submission, answers to questions aside")
    live_connections: int = Field(default=2_000, ge=1, description="of this process that wait for changes")
    live_connections_per_client: int = Field(default=8, ge=1, description="of one session or signed-in caller")
    tile_url: str = Field(
        default="",
        pattern=r"^(https?://[^/{}]+/.*\{z\}.*)?$",
        description="of a map's tiles, with {z}, {x} and {y}; empty: maps show the areas alone",
    )
    tile_attribution: str = Field(default="", max_length=500, description="whose tiles these are, as they ask for it")
    reopen_within_days: int = Field(default=30, ge=1, description="after the answer")
    appeal_within_days: int = Field(default=30, ge=1, description="after the answer to what was reopened")
    most_attachments: int = Field(default=5, ge=1, le=20, description="files of one submission, 10 MB each")
    most_pixels: int = Field(default=50_000_000, ge=1, description="of a JPEG before it is opened; of others half")
    scanner: str = Field(
        default="", pattern=r"^([A-Za-z0-9._-]+:[0-9]{1,5})?$", description="clamd, host:port; empty: none"
    )
    open311_key_hashes: SecretStr = Field(
        default=SecretStr(""), description="name:sha256 of each API key, comma separated; without any nobody may file"
    )
    open311_jurisdiction: str = Field(default="", description="our jurisdiction_id; empty: whatever comes is ignored")
    open311_jurisdiction_required: bool = Field(default=False, description="400 for a request without jurisdiction_id")
    open311_type: Literal["production", "test"] = "production"
    open311_contact: str = Field(default="", description="how to reach us, for discovery; empty: the public address")
    open311_key_service: str = Field(default="", description="how to get an API key, for discovery; empty: the same")
    staged_hours: int = Field(default=24, ge=1, description="files of a form that is not sent are kept so long")
    limit_filings: RateText = Field(
        default="120/60", description="from one address, the form and the api: count/seconds"
    )
    limit_contact_hourly: RateText = Field(default="10/3600", description="filed with one mail address or phone number")
    limit_contact_daily: RateText = Field(default="30/86400", description="the same, over a day")
    limit_guesses: RateText = Field(default="20/600", description="wrong secrets from one address, and at one number")
    uploads_megabytes: int = Field(
        default=256, ge=53, description="of uploads in temporary files at the same time, in this process"
    )

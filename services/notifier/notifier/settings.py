"""The notifier's settings from its environment."""

from datetime import time
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict
from shared.operations.rates import RateText
from shared.operations.settings import ServiceSettings

from notifier.deferral.digests import Weekday
from notifier.deferral.quiet_hours import read_quiet_hours

TABLE = Path(__file__).parent / "who_is_told.yaml"


class NotifierSettings(ServiceSettings):
    """The contact keys have no default: without intake's keys no citizen can be reached."""

    model_config = SettingsConfigDict(env_prefix="TAWASUL_", extra="ignore")

    port: int = 8104
    contact_keys: SecretStr = Field(
        description="32-byte keys (base64url) shared with intake, newest first, comma separated"
    )
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 1025
    smtp_username: str | None = None
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_ca_file: str | None = Field(default=None, description="certificates to trust besides the system's")
    smtp_timeout_seconds: float = Field(default=20, gt=0)
    smtp_per_second: float | None = Field(
        default=None, gt=0, description="mails that the server takes in a second from one process; no limit where empty"
    )
    smtp_connections: int = Field(default=8, ge=1, le=64)
    smtp_urgent_connections: int = Field(
        default=4, ge=1, le=64, description="besides, for what is urgent alone: the first mail of each submission is"
    )
    mail_from: str = "Tawasul <no-reply@tawasul.example>"
    dkim_selector: str = Field(default="", pattern=r"^[A-Za-z0-9._-]*$", description="empty: mail is not signed")
    dkim_key_file: Path | None = Field(default=None, description="private RSA key (PEM) of that selector")
    mail_return_path: str = Field(default="", description="where undelivered mail is reported to; empty: the sender")
    mail_reports_secret: SecretStr = Field(
        default=SecretStr(""), description="with it a mail server hands in such reports; empty: none are taken"
    )
    reports_imap_host: str = Field(default="", description="where such reports are read from a mailbox; empty: nowhere")
    reports_imap_port: int = 993
    reports_imap_tls: Literal["none", "starttls", "tls"] = "tls"
    reports_imap_ca_file: str | None = Field(default=None, description="certificates to trust besides the system's")
    reports_imap_username: str = ""
    reports_imap_password: SecretStr = SecretStr("")
    reports_imap_folder: str = Field(default="INBOX", pattern=r"^[ -~]+$")
    reports_imap_set_aside: str = Field(default="Not-reports", pattern=r"^[ -~]+$", description="a folder for a person")
    reports_imap_every_seconds: float = Field(default=60, gt=0)
    zone: str = Field(default="Asia/Bahrain", description="in which times are written to people")
    table_file: Path = Field(default=TABLE, description="who is told of what")
    sms_file: Path | None = Field(
        default=None, description="describes the SMS gateways; without it nothing goes by SMS"
    )
    sms_secrets: SecretStr = Field(
        default=SecretStr(""),
        description="name=secret of each gateway, name.receipts=secret of its receipts, by commas",
    )
    sms_at_once: int = Field(default=8, ge=1, le=64)
    push_key: SecretStr = Field(
        default=SecretStr(""),
        description="32 random bytes (base64url): private key for web push; without it nothing is pushed",
    )
    push_contact: str = Field(
        default="",
        pattern=r"^((mailto:|https://).+)?$",
        description="mailto: or https: address for the operators of push services; empty: the public address",
    )
    push_at_once: int = Field(default=16, ge=1, le=200)
    push_per_second: float | None = Field(
        default=None,
        gt=0,
        description="what each push service takes in a second from one process; empty: no limit",
    )
    push_timeout_seconds: float = Field(default=10, gt=0, le=60)
    live_connections: int = Field(default=2_000, ge=1, description="of this process that wait for changes")
    live_connections_per_client: int = Field(default=8, ge=1, description="of one session or signed-in caller")
    claim_seconds: float = Field(default=60, gt=10, description="a claimed notification is the claimant's for so long")
    retry_first_seconds: float = Field(default=5, gt=0)
    retry_longest_seconds: float = Field(default=1_800, gt=0)
    retry_attempts: int = Field(default=12, ge=1, description="then technical-failure")
    retry_longest_urgent_seconds: float = Field(
        default=120, ge=1, description="what is urgent is tried for as long as the rest, and more often"
    )
    quiet_hours: str = Field(
        default="21:00-07:00", description="when nobody is written to who has not chosen other hours; `off`: never"
    )
    burst_seconds: float = Field(
        default=60,
        ge=0,
        le=3_600,
        description="what else happens to a submission so soon after a message about it is told together; 0: never",
    )
    digest_at: time = Field(default=time(7, 30), description="of the day: when daily and weekly digests are told")
    digest_day: Weekday = Field(default="sunday", description="of the weekly ones")
    daily_limit: int = Field(
        default=30, ge=0, le=1_000, description="messages to one address in a day; the rest waits for a digest; 0: none"
    )
    withheld_days: int = Field(
        default=30, ge=1, description="mail to an address that nobody confirms is forgotten then"
    )
    webhook_timeout_seconds: float = Field(default=15, gt=0, le=60)
    webhook_at_once: int = Field(default=16, ge=1, le=200, description="endpoints served together")
    webhook_per_second: float | None = Field(
        default=None, ge=0.1, description="what is sent to each endpoint in a second; no limit where empty"
    )
    webhook_retry_longest_seconds: float = Field(default=14_400, gt=0)
    webhook_retry_attempts: int = Field(default=14, ge=1, description="in a row, then an endpoint is paused")
    limit_webhook_tests: RateText = Field(default="10/60", description="test deliveries of one person")
    webhook_kept_days: int = Field(default=30, ge=1, description="log of webhooks, and what waits for paused endpoints")
    outside_allowed_networks: str = Field(
        default="", description="private networks that webhooks and web push may reach; for tests and trial systems"
    )
    outside_refused_networks: str = Field(default="", description="public addresses that are the own network's")
    kept_days: int = Field(default=400, ge=1, description="notifications are forgotten after these")

    @field_validator("quiet_hours")
    @classmethod
    def _quiet_hours_are_hours(cls, written: str) -> str:
        read_quiet_hours(written)
        return written

    @property
    def mail_domain(self) -> str:
        return self.mail_from.rpartition("@")[2].rstrip("> ")

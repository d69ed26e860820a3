"""The servers and gateways that settings describe, made ready to be used; half a description is told at start."""

from datetime import timedelta

from shared.yaml_files import read_yaml

from notifier.channels.dkim import Dkim
from notifier.channels.gateway import Gateways
from notifier.channels.mail import Mail
from notifier.channels.smtp import Connections
from notifier.channels.vapid import Vapid
from notifier.mail_reports.mailbox import Mailbox
from notifier.notifications.outcomes import RetryPolicy
from notifier.outbound.rate_limit import RateLimiter
from notifier.settings import NotifierSettings


def read_gateways(settings: NotifierSettings) -> Gateways | None:
    """Raises ValueError for a description that is not whole; None where nothing goes by SMS."""
    if settings.sms_file is None:
        return None
    return Gateways.model_validate(read_yaml(settings.sms_file))


def read_secrets(settings: NotifierSettings) -> dict[str, str]:
    parts = (part.strip().partition("=") for part in settings.sms_secrets.get_secret_value().split(","))
    return {name: secret for name, equals, secret in parts if equals}


def mail_channel(settings: NotifierSettings, connections_at_most: int, pace: RateLimiter) -> Mail:
    password = settings.smtp_password.get_secret_value() if settings.smtp_password else None
    connections = Connections(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_tls,
        settings.smtp_username,
        password,
        settings.smtp_ca_file,
        local_hostname=settings.mail_domain,
        timeout=settings.smtp_timeout_seconds,
    )
    dkim = read_dkim(settings)
    return Mail(connections, settings.mail_from, connections_at_most, settings.mail_return_path, dkim, pace)


def mailbox_of_reports(settings: NotifierSettings) -> Mailbox:
    return Mailbox(
        settings.reports_imap_host,
        settings.reports_imap_port,
        settings.reports_imap_tls,
        settings.reports_imap_username,
        settings.reports_imap_password.get_secret_value(),
        settings.reports_imap_folder,
        settings.reports_imap_set_aside,
        settings.reports_imap_ca_file,
    )


def read_dkim(settings: NotifierSettings) -> Dkim | None:
    """Raises ValueError for half a setting or a key that cannot sign; None where mail is not signed."""
    if not settings.dkim_selector and settings.dkim_key_file is None:
        return None
    if not settings.dkim_selector or settings.dkim_key_file is None:
        raise ValueError("DKIM needs both a selector and a key file")
    return Dkim(settings.mail_domain, settings.dkim_selector, settings.dkim_key_file)


def read_vapid(settings: NotifierSettings) -> Vapid | None:
    """Raises ValueError for a key that cannot sign; None where nothing is pushed."""
    key = settings.push_key.get_secret_value()
    if not key:
        return None
    return Vapid(key, settings.push_contact or settings.public_url)


def retry_policy(settings: NotifierSettings, longest_seconds: float, attempts: int) -> RetryPolicy:
    return RetryPolicy(timedelta(seconds=settings.retry_first_seconds), timedelta(seconds=longest_seconds), attempts)

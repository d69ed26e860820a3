"""Preview a template of the draft, and send it to oneself as a test."""

from collections.abc import Callable
from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from shared.http.auth import Caller
from shared.http.commands import CommandKey, SeenVersions, differs
from shared.privacy.audit import RequestAudit
from shared.storage.aggregates import Aggregates, Document

from notifier.cases.model import Case
from notifier.channels import Channel, GiveUp, RetryLater, Unavailable
from notifier.message_templates.commands import VersionDiffers, WordingCommands
from notifier.notifications.monitor_store import Monitor
from notifier.rendering.preview import Preview, PreviewRenderer


class NoWorkAddress(Exception):
    """The directory knows no work address of the caller."""


class MailNotAccepted(Exception):
    """The mail server did not accept the test mail."""


class TemplatePreviews:
    def __init__(
        self,
        wording: WordingCommands,
        renderer: PreviewRenderer,
        monitor: Monitor,
        cases: Aggregates[Case],
        mail: Channel,
        clock: Callable[[], datetime],
    ) -> None:
        self.wording = wording
        self.renderer = renderer
        self.monitor = monitor
        self.cases = cases
        self.mail = mail
        self.clock = clock

    async def preview(
        self, name: str, language: str, caller: Caller, audit: RequestAudit, submission: str = ""
    ) -> Preview:
        """`submission`: its reference number or id; without one, with made-up facts.

        Raises LookupError for an unknown template or submission, and FaultyWording.
        """
        _, draft = await self.wording.current()
        wording = draft.read() or (await self.wording.published()).wording
        texts = wording.templates.get(name)
        if texts is None or language not in texts:
            raise LookupError(name)
        case = await self._case(submission.strip(), caller, audit) if submission.strip() else None
        return self.renderer.preview(name, texts, language, case)

    async def send_test(
        self,
        name: str,
        language: str,
        caller: Caller,
        seen: SeenVersions,
        key: CommandKey | None,
        audit: RequestAudit,
    ) -> None:
        """Send the template to the caller's own work address.

        Raises NoWorkAddress, VersionDiffers, MailNotAccepted, and what `preview` raises.
        """

        async def _send() -> Document:
            if differs(seen, (await self.wording.current())[0]):
                raise VersionDiffers
            preview = await self.preview(name, language, caller, audit)
            # The same command sent again has the same Message-ID.
            id = str(uuid5(NAMESPACE_URL, f"tawasul:test:{key.key}") if key else uuid4())
            message = self.renderer.test_mail(id, preview, language, caller.subject, self.clock())
            if message is None:
                raise NoWorkAddress
            await audit.record(caller, "test", "wording", [name], "administrator")
            try:
                await self.mail.send(message)
            except (GiveUp, RetryLater, Unavailable) as error:
                raise MailNotAccepted from error
            return {"sent": True}

        await self.wording.once(key, _send)

    async def _case(self, named: str, caller: Caller, audit: RequestAudit) -> Case:
        id = await self.monitor.submission_named(named) or named
        found = await self.cases.find(id)
        if found is None or found.state is None or found.state.reference is None:
            raise LookupError(named)
        await audit.record(caller, "read", "submission", [id], "administrator: preview")
        return found.state

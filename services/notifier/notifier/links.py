"""Where the links in messages lead, all under the one public address."""

from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Links:
    public_url: str

    def tracking(self, reference: str, secret: str | None) -> str:
        """The author's private page; without a secret, the page that asks for it."""
        path = f"{self.public_url.rstrip('/')}/track/{quote(reference, safe='')}"
        return f"{path}/{quote(secret, safe='')}" if secret else path

    def confirmation(self, reference: str, code: str) -> str:
        """Where whoever reads the mail says whether the address is theirs."""
        return f"{self.tracking(reference, None)}/confirm/{quote(code, safe='')}"

    def following(self, reference: str, contact_id: str, code: str) -> str:
        """Where who follows by mail confirms, and stops."""
        part = quote(contact_id, safe="")
        return f"{self.tracking(reference, None)}/following/{part}/{quote(code, safe='')}"

    def desk(self, reference: str) -> str:
        return f"{self.public_url.rstrip('/')}/desk/{quote(reference, safe='')}"

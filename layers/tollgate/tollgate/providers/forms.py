"""Requests that are forms with a file: https://www.rfc-editor.org/rfc/rfc7578 ."""

from secrets import token_hex
from typing import NamedTuple

from tollgate.contracts.upload import Upload


class FormBody(NamedTuple):
    """The fields of a form in their order, then its file: some vendors read nothing that comes after it."""

    fields: tuple[tuple[str, str], ...]
    file: Upload

    def encode(self) -> tuple[bytes, str]:
        """The bytes, and their content type."""
        boundary = token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{value}\r\n'
            for name, value in self.fields
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{_quoted(self.file.name)}"\r\n'
            f"Content-Type: {self.file.media_type}\r\n\r\n"
        )
        content = b"".join(
            ["".join(parts).encode(), head.encode(), self.file.content, f"\r\n--{boundary}--\r\n".encode()]
        )
        return content, f"multipart/form-data; boundary={boundary}"


def _quoted(text: str) -> str:
    # https://html.spec.whatwg.org/multipage/form-control-infrastructure.html#multipart-form-data
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

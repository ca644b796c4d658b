"""An archive that WordPress installs: one folder on top, and the same bytes for the same files."""

import io
import zipfile
from collections.abc import Mapping
from typing import Final

_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The first moment that the format knows: when an archive is made makes no difference to it."""
_PERMISSIONS: Final = 0o100644 << 16
_UNIX: Final = 3


def archive(folder: str, files: Mapping[str, str]) -> bytes:
    """A zip of files by their paths, all beneath one folder, in the order of their names."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as made:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(f"{folder}/{name}", _TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = _PERMISSIONS
            entry.create_system = _UNIX
            made.writestr(entry, content.encode())
    return written.getvalue()

"""Generated files as an answer: an object with each file by its role, or an archive that WordPress installs."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tollgate.contracts.answer import Answer
from tollgate.contracts.caller import Call
from tollgate.errors import BadRequest
from tollgate.resources import Resources
from tollgate.wordpress.checks.results import Outcome
from tollgate.wordpress.generation.archive import archive
from tollgate.wordpress.generation.files import Files
from tollgate.wordpress.generation.names import slug

ZIP: Final = "application/zip"
# Main files that WordPress or a server would take for something else.
_TAKEN: Final = frozenset({"uninstall", "index"})


def check_name(param: str, name: str, *, names_main_file: bool = False) -> None:
    """Refuse a name that no folder can be made of, or no main file where it names that too.

    Raises BadRequest.
    """
    made = slug(name)
    if not made:
        raise BadRequest(
            f"'{param}' has to have a letter from a to z or a digit, also after accents are off.", param=param
        )
    if names_main_file and made in _TAKEN:
        raise BadRequest(f"'{param}' makes a file '{made}.php', which WordPress takes for another.", param=param)


def head(prefix: str, kind: str, resources: Resources) -> dict[str, Any]:
    """What an answer begins with."""
    return {"id": resources.new_id(prefix), "object": kind, "created": int(resources.now().timestamp())}


def shown(files: Files) -> dict[str, dict[str, str]]:
    """Files as an answer has them."""
    return {role: {"content": file.content, "filename": file.filename} for role, file in files.items()}


def validation(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """What the files were held against."""
    return {
        "passed": all(one.passed for one in outcomes),
        "checks": [{"id": one.id, "title": one.title, "passed": one.passed} for one in outcomes],
    }


def answered(
    content: Mapping[str, Any], folder: str, files: Mapping[str, str], call: Call, headers: Mapping[str, str]
) -> Answer:
    """The answer, or the files in an archive for a client that would rather have that."""
    if not _prefers_archive(call.headers.get("accept", "")):
        return Answer(content, headers=headers)
    return Answer(
        archive(folder, files),
        headers={**headers, "content-disposition": f'attachment; filename="{folder}.zip"'},
        media_type=ZIP,
    )


def _prefers_archive(accept: str) -> bool:
    """Whether an archive is named before JSON, or alone."""
    types = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return ZIP in types and ("application/json" not in types or types.index(ZIP) < types.index("application/json"))

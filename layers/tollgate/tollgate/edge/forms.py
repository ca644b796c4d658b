"""Forms with parts, as browsers and SDKs send files: https://www.rfc-editor.org/rfc/rfc7578 ."""

import re
from typing import Any, Final, get_args, get_origin

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from tollgate.contracts.shapes import Form
from tollgate.contracts.upload import Upload
from tollgate.errors import InvalidMultipart, UnsupportedMediaType

MEDIA_TYPE: Final = "multipart/form-data"
_MOST_PARTS: Final = 200
_LIST: Final = re.compile(r"(\w+)\[\d*\]")
_INNER: Final = re.compile(r"(\w+)\[(\w+)\]")
_LONGEST_TYPE: Final = 100


class _Part:
    """One part, as far as it has come."""

    def __init__(self) -> None:
        self.headers: dict[str, bytes] = {}
        self.content: list[bytes] = []

    def value(self) -> tuple[str, Any]:
        """The name of its field, and its text or file."""
        kind, options = parse_options_header(self.headers.get("content-disposition", b""))
        name = options.get(b"name")
        if kind != b"form-data" or not name:
            raise InvalidMultipart("A part of the form has no name.")
        content = b"".join(self.content)
        if b"filename" in options:
            media_type = self.headers.get("content-type", b"application/octet-stream").decode("latin-1")
            return _text(name), Upload(_text(options[b"filename"]), media_type, content)
        return _text(name), _text(content)


class _Reader:
    """The parts of a form, from the calls of the parser."""

    def __init__(self) -> None:
        self.parts: list[_Part] = []
        self.is_whole = False
        self._name = b""
        self._value = b""

    def callbacks(self) -> Any:
        """What the parser calls."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self.parts[-1].content.append(data[start:end]),
            "on_header_field": self._field,
            "on_header_value": self._more,
            "on_header_end": self._header,
            "on_end": self._end,
        }

    def _begin(self) -> None:
        if len(self.parts) == _MOST_PARTS:
            raise InvalidMultipart(f"The form has more than {_MOST_PARTS} parts.")
        self.parts.append(_Part())

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _more(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header(self) -> None:
        self.parts[-1].headers[self._name.decode("latin-1").lower()] = self._value
        self._name = self._value = b""

    def _end(self) -> None:
        self.is_whole = True


def parse_form(content: bytes, content_type: str, shape: type[Form]) -> dict[str, Any]:
    """The fields of a form. Parts come in any order, and of two with one name the last wins, unless it is a list.

    A contract may say that it takes no repeats.

    A list is a name that is repeated, with brackets behind it or without. What stands in such brackets is the name of
    a field of an object.

    Raises UnsupportedMediaType, InvalidMultipart.
    """
    parts = read_parts(content, content_type)
    if not shape.takes_repeats:
        _refuse_repeats([name for name, _ in parts if name in shape.model_fields])
    return _gathered(parts, _lists_of(shape))


def read_parts(content: bytes, content_type: str) -> list[tuple[str, Any]]:
    """The parts of a form in their order: the name of each, and its text or file.

    Raises UnsupportedMediaType, InvalidMultipart.
    """
    media_type, options = parse_options_header(content_type)
    if media_type != MEDIA_TYPE.encode():
        told = media_type.decode("latin-1")[:_LONGEST_TYPE]
        raise UnsupportedMediaType(
            f"The body has to be '{MEDIA_TYPE}'; it came as '{told}'.", metadata={"content_type": told}
        )
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidMultipart("The content type of the form names no boundary.")
    reader = _Reader()
    try:
        parser = MultipartParser(boundary, reader.callbacks())
        parser.write(content)
        parser.finalize()
    except FormParserError as exc:
        raise InvalidMultipart("The form cannot be read: it is not made of parts between its boundaries.") from exc
    if not reader.is_whole:
        raise InvalidMultipart("The form ends before its last part does.")
    return [part.value() for part in reader.parts]


def _refuse_repeats(names: list[str]) -> None:
    for number, name in enumerate(names):
        if name in names[:number]:
            raise InvalidMultipart(f"The form has two parts with the name '{name}'.", param=name)


def _gathered(parts: list[tuple[str, Any]], lists: frozenset[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in parts:
        if (match := _LIST.fullmatch(name)) or name in lists:
            fields.setdefault(match[1] if match else name, []).append(value)
        elif match := _INNER.fullmatch(name):
            inner = fields.setdefault(match[1], {})
            if isinstance(inner, dict):
                inner[match[2]] = value
        else:
            fields[name] = value
    return fields


def _lists_of(shape: type[Form]) -> frozenset[str]:
    return frozenset(name for name, field in shape.model_fields.items() if _is_list(field.annotation))


def _is_list(annotation: Any) -> bool:
    return get_origin(annotation) is list or any(map(_is_list, get_args(annotation)))


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as exc:
        raise InvalidMultipart("A field of the form is not text in UTF-8.") from exc

"""Block markup as checks read it: the comments that begin and end blocks.

https://developer.wordpress.org/block-editor/explanations/architecture/key-concepts/#delimiters-and-parsing-expression-grammar
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

_DELIMITER: Final = re.compile(r"<!--\s+(/)?wp:([a-z][a-z0-9_/-]*)\s+(?:(\{.*?\})\s+)?(/)?-->", re.DOTALL)
_ANY: Final = re.compile(r"<!--\s*/?wp:")

CORE: Final = frozenset(
    [
        "archives",
        "audio",
        "avatar",
        "block",
        "button",
        "buttons",
        "calendar",
        "categories",
        "code",
        "column",
        "columns",
        "comment-author-avatar",
        "comment-author-name",
        "comment-content",
        "comment-date",
        "comment-edit-link",
        "comment-reply-link",
        "comment-template",
        "comments",
        "comments-pagination",
        "comments-pagination-next",
        "comments-pagination-numbers",
        "comments-pagination-previous",
        "comments-title",
        "cover",
        "details",
        "embed",
        "file",
        "footnotes",
        "freeform",
        "gallery",
        "group",
        "heading",
        "home-link",
        "html",
        "image",
        "latest-comments",
        "latest-posts",
        "list",
        "list-item",
        "loginout",
        "media-text",
        "missing",
        "more",
        "navigation",
        "navigation-link",
        "navigation-submenu",
        "nextpage",
        "page-list",
        "paragraph",
        "pattern",
        "post-author",
        "post-author-biography",
        "post-author-name",
        "post-comments-form",
        "post-content",
        "post-date",
        "post-excerpt",
        "post-featured-image",
        "post-navigation-link",
        "post-template",
        "post-terms",
        "post-title",
        "preformatted",
        "pullquote",
        "query",
        "query-no-results",
        "query-pagination",
        "query-pagination-next",
        "query-pagination-numbers",
        "query-pagination-previous",
        "query-title",
        "quote",
        "read-more",
        "rss",
        "search",
        "separator",
        "shortcode",
        "site-logo",
        "site-tagline",
        "site-title",
        "social-link",
        "social-links",
        "spacer",
        "table",
        "tag-cloud",
        "template-part",
        "term-description",
        "text-columns",
        "verse",
        "video",
    ]
)
"""The blocks that WordPress brings along, without their namespace."""


class Block(NamedTuple):
    """The comment that begins a block. `name` has its namespace."""

    name: str
    attributes: dict[str, Any]


def blocks(source: str) -> Iterator[Block | str]:
    """The blocks of a text in their order, and a sentence for each comment that makes no sense."""
    open_blocks: list[str] = []
    read = 0
    for match in _DELIMITER.finditer(source):
        read += 1
        closes, name, written, is_empty = match.groups()
        if closes:
            if not open_blocks or open_blocks.pop() != name:
                yield f"wp:{name} is closed where it is not the block that is open"
            continue
        try:
            attributes = json.loads(written) if written else {}
        except ValueError:
            yield f"the attributes of wp:{name} are not JSON"
            attributes = {}
        if not is_empty:
            open_blocks.append(name)
        yield Block(name if "/" in name else f"core/{name}", attributes)
    yield from (f"wp:{name} is not closed" for name in open_blocks)
    if len(_ANY.findall(source)) != read:
        yield "a block's comment is not well formed"

"""Messages as a queue takes them."""

import json
import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tollgate.stores.queue import encoded


@given(st.dictionaries(st.text(), st.text(st.characters(codec="utf-8"))))
def test_a_message_is_readable_text_whatever_is_in_it(message: dict[str, Any]) -> None:
    text = encoded(message)

    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
    assert re.fullmatch(r"[\x20-\x7e]*", text)
    assert json.loads(text) == message

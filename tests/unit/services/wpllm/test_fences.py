"""Fences around answers: taken off where there is nothing else, left alone otherwise, however the answer is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.services.wpllm.fences import Unfenced, without_fence

_PIECES = st.sampled_from(["```", "~~~", "`", "~", "php", "\n", "\r\n", " ", "   ", "    ", "echo 1;", "", "````"])


def in_pieces(pieces: list[str]) -> str:
    unfenced = Unfenced()
    return "".join([*map(unfenced.feed, pieces), unfenced.close()])


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("```php\n<?php\necho 1;\n```", "<?php\necho 1;\n"),
        ("```php\n<?php\n```\n", "<?php\n"),
        ("\n\n```\na\n\nb\n```\n\n", "a\n\nb\n"),
        ("~~~ css\na {}\n~~~", "a {}\n"),
        ("````md\n```php\nx\n```\n````", "```php\nx\n```\n"),
        ("  ```js\r\nlet a;\r\n  ```\r\n", "let a;\r\n"),
        ("```\n```", ""),
        ("```c++\nint a;\n`````", "int a;\n"),
    ],
)
def test_one_fence_is_taken_off(answer: str, text: str) -> None:
    assert without_fence(answer) == text


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "\n",
        "plain",
        "Here you are:\n```php\necho 1;\n```",
        "```php\necho 1;\n```\nThat was it.",
        "```php\na\n```\n```css\nb\n```",
        "```php\nnever closed",
        "```php echo 1; ```",
        "```two words\nx\n```",
        "    ```\nindented code\n    ```",
        "``\nx\n``",
        "```\nx\n~~~",
        "````\nx\n```",
    ],
)
def test_everything_else_stays_as_it_is(answer: str) -> None:
    assert without_fence(answer) == answer


@given(st.lists(_PIECES, max_size=40))
def test_the_same_comes_out_however_it_is_cut(pieces: list[str]) -> None:
    answer = "".join(pieces)

    assert in_pieces(pieces) == in_pieces(list(answer)) == without_fence(answer)
    assert without_fence(answer) in answer


@given(st.text(), st.data())
def test_any_text_comes_out_whole_or_as_the_inside_of_its_fence(answer: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(answer)))

    assert in_pieces([answer[:place], answer[place:]]) == without_fence(answer)


def test_words_are_passed_on_at_once() -> None:
    unfenced = Unfenced()

    assert [unfenced.feed(piece) for piece in ("`", "a` is", " how\n", "```\n")] == ["", "`a` is", " how\n", "```\n"]


def test_what_broke_off_is_handed_out_as_it_came() -> None:
    unfenced = Unfenced()
    unfenced.feed("```php\nech")

    assert unfenced.give_up() + unfenced.close() == "```php\nech"

"""Sizes in the words of vendors that have ratios and tiers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import a_model
from tollgate.errors import BadRequest
from tollgate.providers.image_shapes import RATIOS, TIERS, most_megapixels, ratio_and_tier

MODEL = a_model(id="google/m", type="image")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("256x256", ("1:1", "1K")),
        ("512x512", ("1:1", "1K")),
        ("1024x1024", ("1:1", "1K")),
        ("2048x2048", ("1:1", "2K")),
        ("4096x4096", ("1:1", "4K")),
        ("1024x1536", ("2:3", "1K")),
        ("1536x1024", ("3:2", "1K")),
        ("1792x1024", ("16:9", "2K")),
        ("1024x1792", ("9:16", "2K")),
        ("1280x960", ("4:3", "1K")),
        ("2560x1440", ("16:9", "2K")),
        ("3840x2160", ("16:9", "4K")),
        ("16:9", ("16:9", None)),
        ("21:9", ("21:9", None)),
    ],
)
def test_a_size_is_a_ratio_and_a_tier(size: str, expected: tuple[str, str | None]) -> None:
    assert ratio_and_tier(size, MODEL) == expected


@pytest.mark.parametrize("size", ["1000x900", "1024x400", "7:5", "160:91"])
def test_a_ratio_that_is_not_near_enough_is_refused_with_those_that_there_are(size: str) -> None:
    with pytest.raises(BadRequest, match="16:9"):
        ratio_and_tier(size, MODEL)


def test_a_tier_that_the_model_lacks_is_refused() -> None:
    with pytest.raises(BadRequest):
        ratio_and_tier("4096x4096", a_model(flags={"tiers": ["1K", "2K"]}))


@given(st.sampled_from(RATIOS), st.integers(16, 400))
def test_every_ratio_is_found_at_every_scale(ratio: str, scale: int) -> None:
    width, _, height = ratio.partition(":")

    found, tier = ratio_and_tier(f"{int(width) * scale}x{int(height) * scale}", MODEL)

    assert found == ratio
    assert tier in TIERS


@given(st.integers(1, 4096), st.integers(1, 4096))
def test_no_image_of_a_size_is_larger_than_what_is_held_for(width: int, height: int) -> None:
    most = most_megapixels(f"{width}x{height}")

    assert Decimal(width * height) / 10**6 <= most <= most_megapixels("auto") == most_megapixels("16:9")

"""Every test here runs against every provider that is reached over a network."""

import pytest

from tests.conformance.doubles import Double, doubles


@pytest.fixture(params=doubles(), ids=lambda double: double.provider)
def double(request: pytest.FixtureRequest) -> Double:
    """One provider after the other."""
    found: Double = request.param
    return found

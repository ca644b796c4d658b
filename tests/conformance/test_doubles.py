"""Every provider has a double, and a double leaves nothing unsaid."""

import pytest

from tests.conformance.doubles import Called, Double, Said, has_double, with_wire
from tollgate import errors
from tollgate.errors import TollgateError

KINDS: tuple[type[TollgateError], ...] = (
    errors.UpstreamRejected,
    errors.ProviderAuthFailed,
    errors.ProviderBilling,
    errors.NoProviderAvailable,
    errors.ContextLengthExceeded,
    errors.ContentFiltered,
    errors.TooLarge,
    errors.ProviderRateLimited,
    errors.ProviderOverloaded,
    errors.UpstreamTimeout,
    errors.UpstreamInvalid,
)


@pytest.mark.parametrize("provider", with_wire())
def test_every_provider_with_a_wire_has_a_double(provider: str) -> None:
    assert has_double(provider), f"write tests/conformance/doubles/{provider}.py"


def test_a_double_knows_a_form_of_every_kind_of_refusal_or_says_that_there_is_none(double: Double) -> None:
    for kind in KINDS:
        assert bool(double.refusals.get(kind)) != (kind in double.never_refuses_with), kind.__name__


def test_a_double_knows_how_its_provider_asks_for_patience_and_reports_errors_late(double: Double) -> None:
    assert double.hints
    assert double.stream_errors
    assert double.errors_under_success


@pytest.mark.parametrize("said", [Said(), Said(calls=(Called("f", {"a": 1}),), finish="tool_calls")])
def test_an_answer_that_stops_early_is_the_beginning_of_a_whole_one(double: Double, said: Said) -> None:
    whole = double.events(said)
    unfinished = double.events(Said(text=said.text, calls=said.calls, finish=None))

    assert 1 < len(unfinished) < len(whole)
    assert whole[: len(unfinished)] == unfinished

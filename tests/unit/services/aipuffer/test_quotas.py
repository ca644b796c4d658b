"""Which limit a visitor has, and in which period."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollgate.contracts.aipuffer.chatbots import Chatbot, ChatbotSettings
from tollgate.contracts.aipuffer.conversations import Visitor
from tollgate.services.aipuffer.quotas import counter_of, limit_of
from tollgate.services.aipuffer.texts import local_time

LIMITS = st.none() | st.integers(0, 100)


def a_bot(**settings: Any) -> Chatbot:
    """A bot with those settings."""
    return Chatbot("acct_1", 1, "One", "publish", ChatbotSettings(**settings), "", "")


@given(limits=st.dictionaries(st.sampled_from("abcd"), LIMITS), roles=st.lists(st.sampled_from("abcd")), users=LIMITS)
def test_the_most_generous_role_counts(limits: dict[str, int | None], roles: list[str], users: int | None) -> None:
    bot = a_bot(token_limit_mode="role_based", token_role_limits=limits, token_user_limit=users)

    limit = limit_of(bot, Visitor(user_id="1", roles=tuple(roles)))

    named = [limits[role] for role in roles if role in limits]
    if not named:
        assert limit == users
    else:
        assert limit in named
        assert limit is None or all(other is not None and other <= limit for other in named)


def test_roles_count_for_nothing_where_the_limit_is_general() -> None:
    bot = a_bot(token_user_limit=5, token_role_limits={"editor": 50})

    assert limit_of(bot, Visitor(user_id="1", roles=("editor",))) == 5


def test_guests_and_users_have_limits_of_their_own() -> None:
    bot = a_bot(token_guest_limit=1, token_user_limit=2)

    assert (limit_of(bot, Visitor(session_id="s")), limit_of(bot, Visitor(user_id="u"))) == (1, 2)


@pytest.mark.parametrize(
    ("period", "before", "after", "is_same"),
    [
        ("daily", "2026-11-21T22:59", "2026-11-21T23:00", False),
        ("daily", "2026-11-20T23:00", "2026-11-21T22:59", True),
        ("weekly", "2026-11-22T22:59", "2026-11-22T23:00", False),
        ("weekly", "2026-11-15T23:00", "2026-11-22T22:59", True),
        ("monthly", "2026-11-30T22:59", "2026-11-30T23:00", False),
        ("never", "2020-01-01T00:00", "2030-01-01T00:00", True),
    ],
)
def test_a_period_begins_at_midnight_where_the_operator_is(period: str, before: str, after: str, is_same: bool) -> None:
    bot, visitor = a_bot(token_reset_period=period), Visitor(session_id="s")

    names = [
        counter_of(bot, visitor, local_time(datetime.fromisoformat(f"{moment}Z"), "Europe/Berlin"))
        for moment in (before, after)
    ]

    assert (names[0] == names[1]) == is_same


def test_a_counter_tells_nobody_who_it_is_of() -> None:
    now = datetime(2026, 11, 21, tzinfo=UTC)
    visitors = [Visitor(session_id="ada"), Visitor(user_id="ada"), Visitor(address="203.0.113.7")]

    names = [counter_of(a_bot(), visitor, now) for visitor in visitors]

    assert len(set(names)) == 3
    assert not any(secret in name for name in names for secret in ("ada", "203"))


def test_a_time_zone_that_nobody_knows_is_utc() -> None:
    assert local_time(datetime(2026, 11, 21, 23, tzinfo=UTC), "Europe/Atlantis").day == 21

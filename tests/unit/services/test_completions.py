"""How long a stream may last."""

import pytest

from tests.builders import a_call
from tollgate.services.completions import lifetime_s


@pytest.mark.parametrize(("time_left_s", "lifetime"), [(900, 895), (2_000, 900), (60, 55)])
def test_a_stream_ends_in_time_to_say_so(time_left_s: float, lifetime: float) -> None:
    assert lifetime_s(a_call(time_left_s=time_left_s)) == lifetime

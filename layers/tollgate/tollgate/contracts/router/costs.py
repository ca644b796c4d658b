"""What a call is charged, as answers tell it."""

from tollgate.contracts.shapes import Shape


class CostDetails(Shape):
    """The parts of a charge, in US dollars."""

    input: float
    output: float
    estimated: bool
    """Whether the tokens were counted by the gateway, because the provider did not report them."""

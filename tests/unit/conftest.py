"""How hard the property tests look: enough to find what is there, and quick enough to be run after every change."""

from hypothesis import HealthCheck, settings

# How long a search takes says more about the machine than about the code.
settings.register_profile("unit", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unit")

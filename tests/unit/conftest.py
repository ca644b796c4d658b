"""How hard the property tests look: enough to find what is there, and quick enough to be run after every change."""

from hypothesis import settings

settings.register_profile("unit", deadline=None, max_examples=60)
settings.load_profile("unit")

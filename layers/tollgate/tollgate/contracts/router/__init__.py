"""The contracts of the family `router`."""

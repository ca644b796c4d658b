"""The contracts of the family `operate`."""

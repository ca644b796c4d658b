"""What Tollgate does: one function for each endpoint or job."""

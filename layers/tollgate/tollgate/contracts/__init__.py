"""The shapes that callers send and receive, one package a family, and the few that Tollgate's rooms pass to each other."""

"""Before every request: who it is from, and what its key may do."""

from tollgate.edge.authorizer import Authorizer

handler = Authorizer()

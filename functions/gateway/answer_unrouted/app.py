"""ANY /{proxy+}: paths that do not exist, methods that a path does not take, and preflights."""

from tollgate.edge.lambdas import buffered
from tollgate.edge.unrouted import unrouted

app = unrouted()
handler = buffered(app)

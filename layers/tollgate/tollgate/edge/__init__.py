"""Lambda's words and HTTP's words: endpoints, workers, the authorizer, and errors as callers see them."""

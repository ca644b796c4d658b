"""GET /aipkit/v1/chatbots/{id}/embed-config: what a chatbot looks like in a page, and a token to write to it."""

from tollgate.contracts.aipuffer.widget import EmbedConfig, EmbedConfigQuery
from tollgate.edge.lambdas import buffered
from tollgate.edge.widget import widget_endpoint
from tollgate.services.aipuffer.pages import get_embed_config

app = widget_endpoint(get_embed_config, query=EmbedConfigQuery, answer=EmbedConfig)
handler = buffered(app)

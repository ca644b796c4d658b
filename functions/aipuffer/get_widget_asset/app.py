"""GET /widget/{file}: the script and the styles of the chat in a page."""

from tollgate.edge.endpoint import endpoint
from tollgate.services.aipuffer.widget_assets import get_widget_asset

app = endpoint(get_widget_asset, answer={"text/javascript": str, "text/css": str}, capability=None)

"""POST /aipkit/v1/chatbots/{id}/widget-messages: answer a visitor of a page, as the answer is written."""

from tollgate.contracts.aipuffer.widget import WidgetMessageRequest
from tollgate.edge.widget import widget_endpoint
from tollgate.services.aipuffer.widget_messages import create_widget_message

app = widget_endpoint(
    create_widget_message, body=WidgetMessageRequest, answer={"text/event-stream": str}, is_gated=True
)

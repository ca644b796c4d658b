"""POST /v1/images/generations: draw images from a prompt through the provider of the model, at once or as they come."""

from tollgate.contracts.router.images import ImageGeneration, ImageGenerationRequest
from tollgate.edge.endpoint import endpoint
from tollgate.services.router.images import create_image

app = endpoint(
    create_image,
    body=ImageGenerationRequest,
    answer={"application/json": ImageGeneration, "text/event-stream": str},
    capability="prompt_ai",
)

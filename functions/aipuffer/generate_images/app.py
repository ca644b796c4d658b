"""POST /aipkit/v1/images/generate: draw images."""

from tollgate.contracts.aipuffer.images import GeneratedImages, GenerateImagesRequest
from tollgate.edge.aipuffer import puffer_endpoint
from tollgate.services.aipuffer.images import generate_images

app = puffer_endpoint(generate_images, body=GenerateImagesRequest, answer=GeneratedImages, capability="prompt_ai")

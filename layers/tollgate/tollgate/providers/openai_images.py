"""Images of OpenAI: https://platform.openai.com/docs/api-reference/images/create ."""

from typing import ClassVar

from tollgate.providers.compatible import CompatibleChat
from tollgate.providers.compatible_images import StreamingImages
from tollgate.providers.openai import OpenAIChat


class OpenAIImages(StreamingImages):
    """Images of OpenAI itself."""

    vendor: ClassVar[type[CompatibleChat]] = OpenAIChat

"""One message for each uploaded file: look through it, line by line."""

from tollgate.edge.worker import Queued
from tollgate.services.file_contents import validate_queued_file

handler = Queued(validate_queued_file)

"""GET /v1/files/{file_id}: show one file, and what was found in it."""

from tollgate.contracts.wpllm.files import FileObject
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import get_file

app = endpoint(get_file, answer=FileObject, capability="manage_files")
handler = buffered(app)

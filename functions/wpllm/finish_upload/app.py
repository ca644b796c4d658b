"""POST /v1/files/{file_id}/complete: keep what was sent to an upload's address as a file."""

from tollgate.contracts.wpllm.files import FileObject
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import finish_upload

app = endpoint(finish_upload, answer=FileObject, capability="manage_files")
handler = buffered(app)

"""POST /v1/files/uploads: lend an address that takes a file of up to 512 MiB."""

from tollgate.contracts.wpllm.files import StartedUpload, StartUploadRequest
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import start_upload

app = endpoint(start_upload, body=StartUploadRequest, answer=StartedUpload, status=201, capability="manage_files")
handler = buffered(app)

"""POST /v1/files: keep a file of at most 4 MiB that models can be trained with."""

from tollgate.contracts.wpllm.files import CreateFileRequest, FileObject
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import create_file

app = endpoint(create_file, body=CreateFileRequest, answer=FileObject, status=201, capability="manage_files")
handler = buffered(app)

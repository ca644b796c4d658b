"""GET /v1/files: list the account's files."""

from tollgate.contracts.wpllm.files import FileList, FileListQuery
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import list_files

app = endpoint(list_files, query=FileListQuery, answer=FileList, capability="manage_files")
handler = buffered(app)

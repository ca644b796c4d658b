"""DELETE /v1/files/{file_id}: delete a file that no job uses."""

from tollgate.contracts.wpllm.files import DeletedFile
from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import delete_file

app = endpoint(delete_file, answer=DeletedFile, capability="manage_files")
handler = buffered(app)

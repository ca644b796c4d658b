"""GET /v1/files/{file_id}/content: answer with the bytes of a file."""

from tollgate.edge.endpoint import endpoint
from tollgate.edge.lambdas import buffered
from tollgate.services.wpllm.files import get_file_content

app = endpoint(get_file_content, answer={"text/plain": str, "text/csv": str}, capability="manage_files")
handler = buffered(app)

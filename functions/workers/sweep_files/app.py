"""Every minute: look through files that nobody looked through, and delete contents that were left behind."""

from tollgate.edge.worker import Scheduled
from tollgate.services.file_contents import sweep_files

handler = Scheduled(sweep_files)

"""Every minute: take each training from its files to its bill as far as it goes."""

from tollgate.edge.worker import Scheduled
from tollgate.services.jobs.follow_fine_tunes import follow_fine_tunes

handler = Scheduled(follow_fine_tunes)

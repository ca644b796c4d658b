"""Every five minutes: close holds whose call died, and write ledger entries that were left behind."""

from tollgate.edge.worker import Scheduled
from tollgate.services.jobs.sweep import sweep

handler = Scheduled(sweep)

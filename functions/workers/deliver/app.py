"""Each message of the queue: tell an account's webhooks of an event, or try to deliver it to one of them."""

from tollgate.edge.worker import Queued
from tollgate.services.jobs.deliver import deliver

handler = Queued(deliver)

"""What `/metrics` tells: of each metric what it says, and its labels."""

from __future__ import annotations

from typing import Final

_PLACE: Final = ("tenant", "suite", "target")

FAMILIES: Final = {
    "leader_present": ("1 while a coordinator leads.", ()),
    "leader_epoch": ("How many times a coordinator took over.", ()),
    "leader_seen_seconds": ("Since the leader's last sign.", ()),
    "worker_alive": ("1 while a worker is heard of.", ("worker",)),
    "worker_seen_seconds": ("Since a worker was last heard of.", ("worker",)),
    "queue_slots": ("Slots of living workers that serve a queue.", ("queue",)),
    "queue_messages": ("Messages that wait in a queue.", ("queue",)),
    "unacked_messages": ("Messages that workers hold.", ()),
    "unacked_oldest_seconds": ("How long the oldest of them is held.", ()),
    "broker_up": ("1 while the broker answers.", ()),
    "database_connections": ("Connections to the database server.", ()),
    "database_connections_most": ("How many it takes from all but superusers.", ()),
    "data_disk_free_bytes": ("Free on the disk of the data folder.", ()),
    "data_disk_bytes": ("Size of the disk of the data folder.", ()),
    "tenants_left_out": ("Active tenants beyond those that are told.", ()),
    "score": ("Mean score of the newest finished batch.", _PLACE),
    "score_low": ("Lower bound of the score's interval.", _PLACE),
    "score_high": ("Upper bound of the score's interval.", _PLACE),
    "pass_rate": ("Pass rate of the newest finished batch.", _PLACE),
    "pass_rate_low": ("Lower bound of the pass rate's interval.", _PLACE),
    "pass_rate_high": ("Upper bound of the pass rate's interval.", _PLACE),
    "unscored_rate": ("Share of its cases without a verdict.", _PLACE),
    "regressed": ("1 if it is worse than its baseline.", _PLACE),
    "last_batch_cost_usd": ("What its model calls cost.", _PLACE),
    "last_batch_finished_timestamp_seconds": ("When it was finished.", _PLACE),
    "batches": ("Batches by state.", ("tenant", "state")),
    "batches_paused": ("Paused batches by what paused them.", ("tenant", "code")),
    "chunks": ("Chunks of running steps by state.", ("tenant", "lane", "state")),
    "chunks_tried_again": ("Unfinished chunks that had a worker before.", ("tenant", "lane")),
    "chunks_failed_last_day": ("Chunks given up within a day.", ("tenant",)),
    "leases_expired": ("Chunks whose worker is gone, not yet released.", ("tenant", "lane")),
    "oldest_pending_chunk_seconds": ("Since the oldest was last sent.", ("tenant", "lane")),
    "standstill_seconds": ("Since anything of a step moved.", ("tenant", "lane")),
    "steps_finished_last_hour": ("Steps by who finished them.", ("tenant", "by")),
    "outbox_messages": ("Messages owed to the broker.", ("tenant",)),
    "outbox_oldest_seconds": ("How long the oldest message is overdue.", ("tenant",)),
    "schedules_late_seconds": ("How long the longest overdue tick is late.", ("tenant",)),
    "alerts_unsent": ("Alerts that wait to be sent.", ("tenant",)),
    "evaluation_requests": ("Requests that are due or refused.", ("tenant", "state")),
}

"""Let the planner know of the first batches already, not of the fiftieth.

Every scorecard's key to its batch is checked by a plan that sessions keep. While the planner knows
of no batch, one index is as good as another to it, and it walks all batches of the tenant for each
scorecard.
"""

from django.db import migrations

SOON = "ALTER TABLE batches_batch SET (autovacuum_analyze_threshold = 2)"
AS_USUAL = "ALTER TABLE batches_batch RESET (autovacuum_analyze_threshold)"


class Migration(migrations.Migration):
    dependencies = [("batches", "0002_lanes_at_work")]

    operations = [migrations.RunSQL(SOON, AS_USUAL)]

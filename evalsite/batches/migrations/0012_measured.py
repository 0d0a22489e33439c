from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("batches", "0011_lanes_at_work")]

    operations = [
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(fields=["tenant", "state"], name="batches_batch_state_counted"),
        ),
        migrations.AddIndex(
            model_name="step",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["tenant", "finished_at"],
                name="batches_step_finished",
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("state", "failed")),
                fields=["tenant", "finished_at"],
                name="batches_chunk_failed",
            ),
        ),
    ]

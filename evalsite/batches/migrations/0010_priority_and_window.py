from django.db import migrations, models

import evalsite.tenants.wall

ALL_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
# What the window may see across tenants: ids, counts, times.
SEEN = {
    "batch": ("id", "tenant_id", "state", "priority", "created_at"),
    "step": ("id", "tenant_id", "batch_id", "lane", "state", "chunk_ms"),
    "chunk": ("tenant_id", "step_id", "number", "state", "wave"),
}


def wall(model: str) -> list[migrations.operations.base.Operation]:
    """Put the wall up anew, with the columns that the window may see."""
    name = f"batches_{model}_wall"
    made = evalsite.tenants.wall.TenantWall(lookup=SEEN[model], name=name, rights=ALL_RIGHTS)
    return [
        migrations.RemoveConstraint(model_name=model, name=name),
        migrations.AddConstraint(model_name=model, constraint=made),
    ]


class Migration(migrations.Migration):
    dependencies = [("batches", "0009_paused"), ("quotas", "0002_weight_and_turns")]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="priority",
            field=models.CharField(
                choices=[("interactive", "Interactive"), ("bulk", "Bulk")],
                db_default="bulk",
                default="bulk",
                help_text="Interactive ones are sent before bulk.",
                max_length=11,
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__in", ["interactive", "bulk"])),
                name="batches_batch_priority",
            ),
        ),
        migrations.AddField(
            model_name="step",
            name="chunk_ms",
            field=models.FloatField(help_text="For how long a chunk had a slot of late.", null=True),
        ),
        migrations.AddField(
            model_name="step",
            name="n_waves",
            field=models.PositiveIntegerField(db_default=0, help_text="Sent to the broker so far."),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(
                    ("state", "leased"),
                    models.Q(("state", "pending"), ("wave__isnull", False)),
                    _connector="OR",
                ),
                fields=["tenant", "step"],
                name="batches_chunk_in_flight",
            ),
        ),
        migrations.AddIndex(
            model_name="chunk",
            index=models.Index(
                condition=models.Q(("state", "pending"), ("wave__isnull", True)),
                fields=["tenant", "step", "number"],
                name="batches_chunk_waiting",
            ),
        ),
        *wall("batch"),
        *wall("step"),
        *wall("chunk"),
    ]

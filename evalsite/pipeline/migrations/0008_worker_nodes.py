"""Workers write that they live; everybody who works in the installation may read it."""

import django.contrib.postgres.fields
from django.db import migrations, models

GRANT = "GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline_workernode TO evalsite_app"
REVOKE = "REVOKE ALL ON pipeline_workernode FROM evalsite_app"


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0007_origin")]

    operations = [
        migrations.CreateModel(
            name="WorkerNode",
            fields=[
                (
                    "boot_id",
                    models.CharField(
                        help_text="One start of a worker.",
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "name",
                    models.CharField(help_text="What Celery and Flower call it.", max_length=200),
                ),
                ("host", models.CharField(max_length=200)),
                (
                    "queues",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=100), size=None
                    ),
                ),
                (
                    "slots",
                    models.PositiveIntegerField(help_text="Chunks that it works on at once."),
                ),
                ("version", models.CharField(help_text="Of evalsite.", max_length=50)),
                ("started_at", models.DateTimeField()),
                (
                    "last_seen",
                    models.DateTimeField(help_text="By the database's clock, as all its times."),
                ),
                ("stopped_at", models.DateTimeField(help_text="It signed off.", null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["name", "-started_at"], name="pipeline_workernode_name")
                ],
            },
        ),
        migrations.RunSQL(GRANT, REVOKE),
    ]

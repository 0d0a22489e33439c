import django.core.validators
import django.db.models.deletion
import uuid_utils.compat
from django.db import migrations, models

import evalsite.tenants.models
import evalsite.tenants.scope
import evalsite.tenants.wall

ALL_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE")


class Migration(migrations.Migration):
    dependencies = [
        ("quotas", "0001_initial"),
        ("tenants", "0003_trusts_code"),
    ]

    operations = [
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid_utils.compat.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("lane", models.CharField(max_length=10)),
                (
                    "started",
                    models.FloatField(help_text="Virtual time when its last chunk was sent."),
                ),
                (
                    "passed",
                    models.FloatField(help_text="Virtual time when its next chunk is due."),
                ),
                ("n_sent", models.BigIntegerField(help_text="Chunks that were sent so far.")),
                (
                    "tenant",
                    models.ForeignKey(
                        db_default=evalsite.tenants.models.TenantOfSession(),
                        db_index=False,
                        default=evalsite.tenants.scope.require,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
            options={
                "abstract": False,
                "constraints": [
                    evalsite.tenants.wall.TenantWall(
                        lookup=("tenant_id", "lane", "started", "passed", "n_sent"),
                        name="quotas_turn_wall",
                        rights=ALL_RIGHTS,
                    ),
                    evalsite.tenants.wall.TenantKey(
                        fields=("tenant", "id"), name="quotas_turn_tenant_key"
                    ),
                    models.UniqueConstraint(fields=("tenant", "lane"), name="quotas_turn_lane"),
                ],
            },
        ),
        migrations.AddField(
            model_name="quota",
            name="weight",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Its share of the workers beside other tenants', 1 to 100; empty is 1.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(100),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="quota",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__isnull", True), ("weight__range", (1, 100)), _connector="OR"),
                name="quotas_quota_weight",
            ),
        ),
        migrations.RemoveConstraint(model_name="quota", name="quotas_quota_wall"),
        migrations.AddConstraint(
            model_name="quota",
            constraint=evalsite.tenants.wall.TenantWall(
                lookup=("tenant_id", "weight"), name="quotas_quota_wall", rights=ALL_RIGHTS
            ),
        ),
    ]

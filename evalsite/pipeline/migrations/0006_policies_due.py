"""A tenant whose retention policy is due has work too."""

from importlib import import_module

from django.db import migrations

EARLIER = import_module("evalsite.pipeline.migrations.0004_requests_and_leadership")
DUE = """    UNION SELECT p.tenant_id FROM public.retention_policy p
        WHERE p.next_at <= statement_timestamp()
$$;"""
AFTER = EARLIER.AFTER.replace("$$;", DUE, 1)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0005_reporting"), ("retention", "0002_grants")]

    operations = [migrations.RunSQL(EARLIER.DROP + AFTER, EARLIER.DROP + EARLIER.AFTER)]

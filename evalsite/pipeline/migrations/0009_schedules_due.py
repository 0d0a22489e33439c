"""A tenant whose schedule is due has work too."""

from importlib import import_module

from django.db import migrations

EARLIER = import_module("evalsite.pipeline.migrations.0006_policies_due")
DUE = """    UNION SELECT s.tenant_id FROM public.schedules_schedule s
        WHERE s.is_active AND s.next_at <= statement_timestamp()
$$;"""
DROP = EARLIER.EARLIER.DROP
AFTER = EARLIER.AFTER.replace("$$;", DUE, 1)


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0008_worker_nodes"), ("schedules", "0001_initial")]

    operations = [migrations.RunSQL(DROP + AFTER, DROP + EARLIER.AFTER)]

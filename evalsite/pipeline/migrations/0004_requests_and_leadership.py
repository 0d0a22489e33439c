"""A tenant with a due evaluation has work too; and coordinators may write who leads."""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("evalsite.pipeline.migrations.0002_tenants_with_work").FUNCTION
DUE = """    UNION SELECT r.tenant_id FROM public.pipeline_evaluationrequest r
        WHERE r.state = 'due'
$$;"""
AFTER = BEFORE.replace("$$;", DUE, 1)
DROP = "DROP FUNCTION app.tenants_with_work();"
GRANT = "GRANT SELECT, INSERT, UPDATE ON pipeline_leadership TO evalsite_app"
REVOKE = "REVOKE ALL ON pipeline_leadership FROM evalsite_app"


class Migration(migrations.Migration):
    dependencies = [("pipeline", "0003_evaluation")]

    operations = [
        migrations.RunSQL(DROP + AFTER, DROP + BEFORE),
        migrations.RunSQL(GRANT, REVOKE),
    ]

"""Let the coordinator learn which tenants have something open: ids, and nothing else."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION app.tenants_with_work() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.tenant_id FROM public.batches_batch b WHERE b.state = 'running'
    UNION SELECT o.tenant_id FROM public.pipeline_outboxmessage o
    UNION SELECT a.tenant_id FROM public.alerts_alert a
        WHERE a.state IN ('pending', 'sending') AND a.due_at <= statement_timestamp()
$$;
REVOKE ALL ON FUNCTION app.tenants_with_work() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.tenants_with_work() TO evalsite_app;
ALTER FUNCTION app.tenants_with_work() OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0001_initial"),
        ("batches", "0001_initial"),
        ("alerts", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION app.tenants_with_work()"),
    ]

"""The rights on the tables of no tenant, and which tenants have something open.

Coordinators write who leads. Workers write that they live, and whoever works in the installation
may read it.
"""

from django.db import migrations

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON pipeline_leadership TO evalsite_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON pipeline_workernode TO evalsite_app;
"""
REVOKE = "REVOKE ALL ON pipeline_leadership, pipeline_workernode FROM evalsite_app"
# The coordinator learns the ids of tenants, and nothing else.
WORK = """
CREATE FUNCTION app.tenants_with_work() RETURNS TABLE (tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.tenant_id FROM public.batches_batch b WHERE b.state = 'running'
    UNION SELECT o.tenant_id FROM public.pipeline_outboxmessage o
    UNION SELECT a.tenant_id FROM public.alerts_alert a
        WHERE a.state IN ('pending', 'sending') AND a.due_at <= statement_timestamp()
    UNION SELECT r.tenant_id FROM public.pipeline_evaluationrequest r
        WHERE r.state = 'due'
    UNION SELECT p.tenant_id FROM public.retention_policy p
        WHERE p.next_at <= statement_timestamp()
    UNION SELECT s.tenant_id FROM public.schedules_schedule s
        WHERE s.is_active AND s.next_at <= statement_timestamp()
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
        ("retention", "0001_initial"),
        ("schedules", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(GRANTS, REVOKE),
        migrations.RunSQL(WORK, "DROP FUNCTION app.tenants_with_work()"),
    ]

"""Let who has tables analysed wait for his turn, and hear whether it came.

Autovacuum may be at a table just then. What it tells the planner is without the newest rows, and it
looks again only when a tenth of the table is new.
"""

from importlib import import_module

from django.db import migrations

BEFORE = import_module("evalsite.scoring.migrations.0002_refresh_statistics").FUNCTION
DROP_BEFORE = "DROP FUNCTION app.refresh_statistics(text)"
FUNCTION = """
CREATE FUNCTION app.refresh_statistics(known text, patience_ms int) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET default_statistics_target = 20 SET lock_timeout = 0 AS $$
BEGIN
    IF known NOT IN ('cases_testcase', 'cases_revision', 'targets_output', 'scoring_scorecard',
        'experiments_result') THEN
        RAISE EXCEPTION 'not a table to analyse: %', known;
    END IF;
    -- Who analyses holds the table against other analyses until its transaction ends.
    PERFORM set_config('lock_timeout', greatest(patience_ms, 1)::text, true);
    BEGIN
        EXECUTE format('LOCK TABLE public.%I IN SHARE UPDATE EXCLUSIVE MODE', known);
    EXCEPTION WHEN lock_not_available THEN
        RETURN false;
    END;
    EXECUTE format('ANALYZE public.%I', known);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION app.refresh_statistics(text, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.refresh_statistics(text, int) TO evalsite_app;
"""
DROP = "DROP FUNCTION app.refresh_statistics(text, int)"


class Migration(migrations.Migration):
    dependencies = [("scoring", "0002_refresh_statistics")]

    operations = [
        migrations.RunSQL(DROP_BEFORE, BEFORE),
        migrations.RunSQL(FUNCTION, DROP),
    ]

"""Let the app role have the results analysed too: one statement may bring many."""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION app.refresh_statistics(known text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF known NOT IN ({tables}) THEN
        RAISE EXCEPTION 'not a table to analyse: %', known;
    END IF;
    EXECUTE format('ANALYZE public.%I', known);
END $$
"""
BEFORE = "'cases_testcase', 'cases_revision', 'targets_output', 'scoring_scorecard'"
AFTER = f"{BEFORE}, 'experiments_result'"


class Migration(migrations.Migration):
    dependencies = [
        ("experiments", "0001_initial"),
        ("scoring", "0002_refresh_statistics"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION.format(tables=AFTER), FUNCTION.format(tables=BEFORE)),
    ]

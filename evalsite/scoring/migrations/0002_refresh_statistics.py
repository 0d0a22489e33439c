"""Let the app role have the large tables analysed, which only their owner may.

One statement may bring many rows: of cases, outputs, scorecards or results.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION app.refresh_statistics(known text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET default_statistics_target = 20 AS $$
BEGIN
    IF known NOT IN ('cases_testcase', 'cases_revision', 'targets_output', 'scoring_scorecard',
        'experiments_result') THEN
        RAISE EXCEPTION 'not a table to analyse: %', known;
    END IF;
    -- Who analyses holds the table for itself until its transaction ends: nobody waits for that.
    EXECUTE format('ANALYZE (SKIP_LOCKED) public.%I', known);
END $$;
REVOKE ALL ON FUNCTION app.refresh_statistics(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.refresh_statistics(text) TO evalsite_app;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0001_initial"),
        ("cases", "0001_initial"),
        ("targets", "0001_initial"),
        ("experiments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION app.refresh_statistics(text)"),
    ]

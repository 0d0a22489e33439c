"""Views for reports and dashboards, and what a tenant's reader role may see through them.

The views run with their caller's rights, so row-level security holds through them. A later
migration that changes the type of a column below has to drop and make its view anew.
"""

from django.db import migrations

# The columns that the views are made of; nothing else is granted: no answer, no connection.
READ = {
    "cases_suite": "id, name",
    "targets_target": "id, name",
    "targets_run": "id, name, target_id, client_type, client_version, commit",
    "batches_batch": (
        "id, suite_id, suite_version, run_id, pack, state, preflight, repetitions, n_cases,"
        " spent_usd, created_at, finished_at"
    ),
    "summaries_summary": (
        "id, batch_id, slice_kind, slice_value, n, passed, failed, unscored, errored, pass_rate,"
        " pass_low, pass_high, mean_score, score_low, score_high, latency_p50, latency_p95,"
        " tokens_in, tokens_out, cost_usd"
    ),
    "regressions_comparison": "id, batch_id, baseline_id, chosen_by, is_own, verdict, reason, created_at",
    "regressions_regression": (
        "id, comparison_id, metric, slice_kind, slice_value, verdict, n_pairs, left_out, worse,"
        " better, before, after, effect, effect_low, effect_high, p_value, p_corrected, more_cases"
    ),
    "gates_gatecheck": "id, gate_name, gate_version, comparison_id, outcome, created_at",
    "trends_shift": (
        "id, suite_id, target_id, client_type, metric, version, before, after, effect_low,"
        " effect_high, p_corrected, is_harm, state, found_at"
    ),
    "experiments_experiment": "id, name",
    "experiments_result": (
        'id, experiment_id, task, "group", version, repetition, score, success, reason, latency_ms,'
        " tokens_used, cost_usd, model_version, agent_name, recorded_at"
    ),
}

# The name of the role that logged in holds the tenant. Only who may create roles can give such a
# name, and no session can change its own: a setting like app.tenant_id anybody can set.
READER = """
CREATE FUNCTION app.reader_tenant() RETURNS uuid LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    id text := substring(session_user FROM '^evalsite_reader_([0-9a-f]{32})$');
BEGIN
    IF id IS NULL THEN
        RAISE EXCEPTION 'the role % reads for no tenant', session_user USING ERRCODE = 'P0T01';
    END IF;
    RETURN id::uuid;
END $$;
CREATE SCHEMA reporting;
GRANT USAGE ON SCHEMA reporting TO evalsite_app, evalsite_reader;
"""
UNREADER = "DROP SCHEMA reporting; DROP FUNCTION app.reader_tenant();"

VIEWS = {
    "batches": """
        SELECT b.id AS batch_id, s.name AS suite, b.suite_version, t.name AS target, r.name AS run,
               r.client_type, r.client_version, r.commit AS git_commit, b.pack, b.state,
               b.preflight, b.repetitions, b.n_cases, b.created_at, b.finished_at,
               m.passed, m.failed, m.unscored, m.errored,
               (m.unscored + m.errored)::float8 / nullif(m.n, 0) AS unscored_rate,
               m.pass_rate, m.pass_low, m.pass_high,
               m.mean_score AS score, m.score_low, m.score_high, m.latency_p50, m.latency_p95,
               m.tokens_in, m.tokens_out, m.cost_usd AS target_cost_usd,
               b.spent_usd::float8 AS judging_cost_usd, c.verdict, c.baseline_id
        FROM batches_batch b
        JOIN cases_suite s ON s.id = b.suite_id
        JOIN targets_run r ON r.id = b.run_id
        JOIN targets_target t ON t.id = r.target_id
        LEFT JOIN summaries_summary m ON m.batch_id = b.id AND m.slice_kind = 'all'
        LEFT JOIN regressions_comparison c ON c.batch_id = b.id AND c.is_own""",
    "slices": """
        SELECT b.batch_id, b.suite, b.target, b.run, b.client_version, b.finished_at,
               m.slice_kind, m.slice_value, m.n, m.passed, m.failed, m.unscored, m.errored,
               (m.unscored + m.errored)::float8 / nullif(m.n, 0) AS unscored_rate,
               m.pass_rate, m.pass_low, m.pass_high,
               m.mean_score AS score, m.score_low, m.score_high
        FROM reporting.batches b JOIN summaries_summary m ON m.batch_id = b.batch_id""",
    "versions": """
        SELECT suite, target, client_type, client_version, count(*) AS batches,
               avg(score) AS score_avg, min(score) AS score_min, max(score) AS score_max,
               avg(pass_rate) AS pass_rate_avg, max(finished_at) AS last_finished_at
        FROM reporting.batches WHERE state = 'finished'
        GROUP BY suite, target, client_type, client_version""",
    "findings": """
        SELECT c.id AS comparison_id, b.batch_id, c.baseline_id, c.chosen_by, c.is_own,
               b.suite, b.target, b.run, b.client_version, c.created_at,
               c.verdict AS overall, c.reason, f.metric, f.slice_kind, f.slice_value, f.verdict,
               f.n_pairs, f.left_out, f.worse, f.better, f.before, f.after,
               f.effect, f.effect_low, f.effect_high, f.p_value, f.p_corrected, f.more_cases
        FROM regressions_comparison c
        JOIN reporting.batches b ON b.batch_id = c.batch_id
        JOIN regressions_regression f ON f.comparison_id = c.id""",
    "gate_checks": """
        SELECT g.id AS check_id, g.gate_name AS gate, g.gate_version, g.outcome, g.created_at,
               b.batch_id, c.baseline_id, b.suite, b.target, b.run, b.client_version
        FROM gates_gatecheck g
        JOIN regressions_comparison c ON c.id = g.comparison_id
        JOIN reporting.batches b ON b.batch_id = c.batch_id""",
    "shifts": """
        SELECT h.id AS shift_id, s.name AS suite, t.name AS target, h.client_type, h.metric,
               h.version, h.before, h.after, h.effect_low, h.effect_high, h.p_corrected,
               h.is_harm, h.state, h.found_at
        FROM trends_shift h
        JOIN cases_suite s ON s.id = h.suite_id
        JOIN targets_target t ON t.id = h.target_id""",
    "results": """
        SELECT e.name AS experiment, r.task, r."group" AS group_name, r.version, r.repetition,
               r.score, r.success, r.reason, r.latency_ms, r.tokens_used, r.cost_usd,
               r.model_version, r.agent_name, r.recorded_at
        FROM experiments_result r JOIN experiments_experiment e ON e.id = r.experiment_id""",
}


def readable(table: str, columns: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"GRANT SELECT ({columns}) ON {table} TO evalsite_reader;"
        f"CREATE POLICY reader ON {table} FOR SELECT TO evalsite_reader"
        " USING (tenant_id = (SELECT app.reader_tenant()))",
        f"DROP POLICY reader ON {table}; REVOKE ALL ({columns}) ON {table} FROM evalsite_reader",
    )


def view(name: str, query: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE VIEW reporting.{name} WITH (security_invoker = true) AS {query};"
        f"GRANT SELECT ON reporting.{name} TO evalsite_app, evalsite_reader",
        f"DROP VIEW reporting.{name}",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("pipeline", "0002_grants_and_work"),
        ("batches", "0001_initial"),
        ("cases", "0001_initial"),
        ("targets", "0001_initial"),
        ("summaries", "0001_initial"),
        ("regressions", "0001_initial"),
        ("gates", "0001_initial"),
        ("trends", "0001_initial"),
        ("experiments", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(READER, UNREADER),
        *(readable(table, columns) for table, columns in READ.items()),
        *(view(name, query) for name, query in VIEWS.items()),
    ]

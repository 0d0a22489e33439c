"""Let the window learn what every tenant has waiting: ids, counts and times, and nothing else.

Each lookup is a LATERAL of its own, which pins the index: left to itself the planner, which knows
nothing of a batch that is being written, may walk all its chunks.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION app.lanes_at_work(most int) RETURNS TABLE (
    tenant_id uuid, step_id uuid, lane text, is_interactive bool, since timestamptz,
    seconds float8, in_flight int, leased int, waiting int, weight int, passed float8, n_sent bigint,
    clock float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT b.tenant_id, s.id, s.lane, b.priority = 'interactive', b.created_at,
           s.chunk_ms / 1000, sent.n, sent.leased, unsent.n, coalesce(q.weight, 1),
           coalesce(t.passed, 0), coalesce(t.n_sent, 0), coalesce(latest.clock, 0)
    FROM public.batches_batch b
    CROSS JOIN LATERAL (
        SELECT id, lane, chunk_ms FROM public.batches_step
        WHERE tenant_id = b.tenant_id AND batch_id = b.id AND state = 'running' LIMIT 1) s
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS n, count(*) FILTER (WHERE state = 'leased')::int AS leased
        FROM public.batches_chunk WHERE tenant_id = b.tenant_id AND step_id = s.id
          AND (state = 'leased' OR (state = 'pending' AND wave IS NOT NULL))) sent
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS n FROM (
            SELECT FROM public.batches_chunk
            WHERE tenant_id = b.tenant_id AND step_id = s.id AND state = 'pending'
              AND wave IS NULL ORDER BY number LIMIT most) AS capped) unsent
    LEFT JOIN LATERAL (
        SELECT weight FROM public.quotas_quota WHERE tenant_id = b.tenant_id LIMIT 1) q ON true
    LEFT JOIN LATERAL (
        SELECT passed, n_sent FROM public.quotas_turn
        WHERE tenant_id = b.tenant_id AND lane = s.lane LIMIT 1) t ON true
    LEFT JOIN (
        SELECT lane, max(started) AS clock FROM public.quotas_turn GROUP BY lane) latest
        ON latest.lane = s.lane
    WHERE b.state = 'running'
$$;
REVOKE ALL ON FUNCTION app.lanes_at_work(int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.lanes_at_work(int) TO evalsite_app;
ALTER FUNCTION app.lanes_at_work(int) OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [("batches", "0001_initial"), ("quotas", "0001_initial")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION app.lanes_at_work(int)")]

"""Find an open link by the digest of its token before its tenant is known."""

from django.db import migrations

LOOKUP = """
CREATE FUNCTION app.share_of(sought text) RETURNS TABLE (share_id uuid, tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.tenant_id FROM public.shares_share s
    JOIN public.tenants_tenant t ON t.id = s.tenant_id
    WHERE s.digest = sought AND t.is_active AND s.revoked_at IS NULL
    AND s.expires_at > statement_timestamp()
$$;
REVOKE ALL ON FUNCTION app.share_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.share_of(text) TO evalsite_app;
ALTER FUNCTION app.share_of(text) OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [("shares", "0001_initial"), ("tenants", "0002_grants_and_lookup")]

    operations = [migrations.RunSQL(LOOKUP, "DROP FUNCTION app.share_of(text)")]

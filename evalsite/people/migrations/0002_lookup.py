"""Find an open invitation by the digest of its link before its tenant is known."""

from django.db import migrations

LOOKUP = """
CREATE FUNCTION app.invitation_of(sought text) RETURNS TABLE (invitation_id uuid, tenant_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.id, i.tenant_id FROM public.people_invitation i
    JOIN public.tenants_tenant t ON t.id = i.tenant_id
    WHERE i.digest = sought AND t.is_active AND i.accepted_at IS NULL
    AND i.withdrawn_at IS NULL AND i.expires_at > statement_timestamp()
$$;
REVOKE ALL ON FUNCTION app.invitation_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.invitation_of(text) TO evalsite_app;
ALTER FUNCTION app.invitation_of(text) OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial"), ("tenants", "0002_grants_and_lookup")]

    operations = [migrations.RunSQL(LOOKUP, "DROP FUNCTION app.invitation_of(text)")]

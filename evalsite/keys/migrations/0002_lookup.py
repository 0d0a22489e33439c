"""Find a key by its public id before its tenant is known."""

from django.db import migrations

# The function's owner may read these columns and nothing else; nobody can become that owner.
# How a key ended is told by the database's clock, in the same look.
LOOKUP = """
CREATE FUNCTION app.key_of(sought text) RETURNS TABLE (
    key_id uuid, tenant_id uuid, name text, role text, scopes text[], digest text,
    pepper_version text, ended text, rotated boolean, noted boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.id, k.tenant_id, k.name, k.role, k.scopes, k.digest, k.pepper_version,
        CASE WHEN k.revoked_at IS NOT NULL THEN 'revoked'
             WHEN k.expires_at <= statement_timestamp() THEN 'expired' ELSE '' END,
        k.rotated_to_id IS NOT NULL,
        coalesce(k.last_used_at > statement_timestamp() - interval '1 minute', false)
    FROM public.keys_apikey k JOIN public.tenants_tenant t ON t.id = k.tenant_id
    WHERE k.public_id = sought AND t.is_active
$$;
REVOKE ALL ON FUNCTION app.key_of(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.key_of(text) TO evalsite_app;
ALTER FUNCTION app.key_of(text) OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_initial"), ("tenants", "0002_grants_and_lookup")]

    operations = [migrations.RunSQL(LOOKUP, "DROP FUNCTION app.key_of(text)")]

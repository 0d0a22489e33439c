"""What the app role may do with the platform's own tables, and the lookup of memberships."""

from django.db import migrations

GRANTS = """
GRANT SELECT, INSERT, UPDATE ON tenants_tenant TO evalsite_app;
GRANT SELECT ON tenants_tenant TO evalsite_maint, evalsite_lookup;
GRANT SELECT, INSERT, UPDATE, DELETE ON auth_user, auth_user_groups, auth_user_user_permissions,
    auth_group, auth_group_permissions, django_session TO evalsite_app;
GRANT SELECT ON auth_permission, django_content_type TO evalsite_app;
-- Django's admin log would hold tenants' data outside the wall: evalsite never writes to it.
GRANT SELECT, DELETE ON django_admin_log TO evalsite_app;
DO $$
DECLARE
    sequence regclass;
BEGIN
    FOR sequence IN
        SELECT pg_get_serial_sequence(t, 'id')::regclass FROM unnest(ARRAY['auth_user',
            'auth_user_groups', 'auth_user_user_permissions', 'auth_group',
            'auth_group_permissions']) AS t
    LOOP
        EXECUTE format('GRANT USAGE ON SEQUENCE %s TO evalsite_app', sequence);
    END LOOP;
END $$;
"""
REVOKE = """
REVOKE ALL ON tenants_tenant, auth_user, auth_user_groups, auth_user_user_permissions, auth_group,
    auth_group_permissions, django_session, auth_permission, django_content_type, django_admin_log
    FROM evalsite_app, evalsite_maint, evalsite_lookup;
"""
# A person's tenants must be known before one can be bound. The function's owner may read three
# columns of the table and nothing else; nobody can become that owner.
MEMBERSHIPS = """
CREATE FUNCTION app.memberships_of(person bigint) RETURNS TABLE (tenant_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.tenant_id, m.role FROM public.tenants_membership m
    JOIN public.tenants_tenant t ON t.id = m.tenant_id
    WHERE m.user_id = person AND t.is_active
$$;
REVOKE ALL ON FUNCTION app.memberships_of(bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.memberships_of(bigint) TO evalsite_app;
ALTER FUNCTION app.memberships_of(bigint) OWNER TO evalsite_lookup;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_initial"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(GRANTS, REVOKE),
        migrations.RunSQL(MEMBERSHIPS, "DROP FUNCTION app.memberships_of(bigint)"),
    ]

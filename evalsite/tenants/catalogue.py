"""What the database's own catalogue must say for the wall to hold, as one query per rule.

Each query answers the names of offenders. They read the catalogue, not the models, so that a
table which no model knows is held to the same rules.
"""

from __future__ import annotations

from typing import NamedTuple

from evalsite.tenants.roles import APP, MAINT, OWNER, READER

_TENANT_TABLES = """
    SELECT c.oid, c.oid::regclass::text AS name, c.relrowsecurity, c.relforcerowsecurity
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_GUARD = "(tenant_id = ( SELECT app.tenant_id() AS tenant_id))"
_READER_GUARD = "(tenant_id = ( SELECT app.reader_tenant() AS reader_tenant))"
_LEAKPROOF = (
    "uuid,text,varchar,int2,int4,int8,float8,bool,date,timestamp,timestamptz,interval,bytea"
)
_DEFINERS = (
    *("app.memberships_of", "app.tenants_with_work", "app.refresh_statistics"),
    *("app.key_of", "app.invitation_of", "app.share_of", "app.append_link", "app.lanes_at_work"),
)


class Rule(NamedTuple):
    """One demand on the catalogue: `query` lists what breaks it."""

    id: str
    demand: str
    hint: str
    query: str


RULES = (
    Rule(
        "evalsite.E001",
        "the app's database role must be held by row-level security",
        f"connect as {APP}; it may be no superuser, no owner and have no BYPASSRLS",
        f"""SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls
            OR pg_has_role(oid, '{OWNER}', 'MEMBER') OR pg_has_role(oid, '{MAINT}', 'MEMBER'))""",
    ),
    Rule(
        "evalsite.E002",
        "a table with tenant_id must have row-level security, forced, and the restrictive guard",
        "inherit TenantModel's Meta and run makemigrations",
        f"""SELECT t.name FROM ({_TENANT_TABLES}) t
            WHERE NOT t.relrowsecurity OR NOT t.relforcerowsecurity OR NOT EXISTS (
                SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid AND NOT p.polpermissive
                AND p.polcmd = '*' AND p.polroles @> ARRAY['{APP}'::regrole::oid]
                AND pg_get_expr(p.polqual, p.polrelid) = '{_GUARD}'
                AND pg_get_expr(p.polwithcheck, p.polrelid) = '{_GUARD}')""",
    ),
    Rule(
        "evalsite.E004",
        "a foreign key between tenants' tables must contain tenant_id",
        "add SameTenant(field) to the model's constraints and db_constraint=False to the field",
        f"""WITH t AS ({_TENANT_TABLES}) SELECT k.conname FROM pg_constraint k
            JOIN t child ON child.oid = k.conrelid JOIN t parent ON parent.oid = k.confrelid
            JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attname = 'tenant_id'
            WHERE k.contype = 'f' AND NOT a.attnum = ANY (k.conkey)""",
    ),
    Rule(
        "evalsite.E005",
        "a unique key of a tenant's table must contain tenant_id",
        "put tenant first in the UniqueConstraint",
        f"""WITH t AS ({_TENANT_TABLES}) SELECT i.indexrelid::regclass::text FROM pg_index i
            JOIN t ON t.oid = i.indrelid
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
            WHERE i.indisunique AND NOT i.indisprimary AND NOT a.attnum = ANY (i.indkey)""",
    ),
    Rule(
        "evalsite.E006",
        "a tenant's table must have an index that starts with tenant_id",
        "TenantKey() or an index with tenant first gives one",
        f"""WITH t AS ({_TENANT_TABLES}) SELECT t.name FROM t
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attname = 'tenant_id'
            WHERE t.name <> 'app.canary' AND NOT EXISTS (
                SELECT 1 FROM pg_index i WHERE i.indrelid = t.oid AND i.indkey[0] = a.attnum)""",
    ),
    Rule(
        "evalsite.E008",
        "the app role may not truncate, and may touch no sequence, matview or partition of tenants",
        f"revoke the right from {APP}",
        f"""WITH t AS ({_TENANT_TABLES})
            SELECT t.name FROM t WHERE has_table_privilege('{APP}', t.oid, 'TRUNCATE')
            UNION SELECT t.name FROM t JOIN pg_class c ON c.oid = t.oid
            WHERE c.relispartition AND has_table_privilege('{APP}', t.oid, 'SELECT')
            UNION SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind = 'm'
            AND has_table_privilege('{APP}', c.oid, 'SELECT')
            UNION SELECT s.oid::regclass::text FROM pg_class s
            JOIN pg_depend d ON d.objid = s.oid AND d.refobjid IN (SELECT oid FROM t)
            WHERE CASE WHEN s.relkind = 'S' THEN has_sequence_privilege('{APP}', s.oid, 'SELECT')
                       ELSE false END""",
    ),
    Rule(
        "evalsite.E009",
        "a view must run with its caller's rights",
        "CREATE VIEW ... WITH (security_invoker = true)",
        """SELECT c.oid::regclass::text FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
            AND NOT coalesce(c.reloptions @> ARRAY['security_invoker=true'], false)""",
    ),
    Rule(
        "evalsite.E010",
        "a SECURITY DEFINER function must be a known one, fix its search_path and not be PUBLIC's",
        "see tenants/catalogue.py for the list of known ones",
        f"""SELECT f.name FROM (
                SELECT n.nspname || '.' || p.proname AS name, p.proconfig, p.oid
                FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema')) f
            WHERE f.name <> ALL (ARRAY{list(_DEFINERS)})
            OR NOT coalesce(f.proconfig::text LIKE '%search_path=%', false)
            OR has_function_privilege('public', f.oid, 'EXECUTE')""",
    ),
    Rule(
        "evalsite.E011",
        "an index of a tenant's table must be on types whose comparisons are leakproof",
        "under row-level security jsonb, array and numeric indexes are never used",
        f"""WITH t AS ({_TENANT_TABLES})
            SELECT DISTINCT i.indexrelid::regclass::text FROM pg_index i
            JOIN t ON t.oid = i.indrelid CROSS JOIN LATERAL unnest(i.indclass) AS k(opclass)
            JOIN pg_opclass o ON o.oid = k.opclass JOIN pg_type y ON y.oid = o.opcintype
            WHERE y.typname <> ALL (string_to_array('{_LEAKPROOF}', ','))""",
    ),
    Rule(
        "evalsite.E012",
        "only the wall's own policies may stand on a tenant's table",
        "drop the policy: permissive policies are added to each other",
        f"""WITH t AS ({_TENANT_TABLES}) SELECT t.name || ': ' || p.polname FROM pg_policy p
            JOIN t ON t.oid = p.polrelid WHERE p.polname NOT IN
            ('tenant_guard', 'app_base', 'maint', 'owner_unlock', 'lookup', 'notary', 'reader')""",
    ),
    Rule(
        "evalsite.E013",
        "a tenant's reader may only read, and only what the policy `reader` guards",
        f"revoke the right from {READER}, or see pipeline's migration 0005 for the policy",
        f"""WITH t AS ({_TENANT_TABLES})
            SELECT c.oid::regclass::text FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'm', 'f') AND n.nspname !~ '^pg_'
            AND n.nspname <> 'information_schema'
            AND (has_table_privilege('{READER}', c.oid, 'DELETE, TRUNCATE, TRIGGER')
                OR has_any_column_privilege('{READER}', c.oid, 'INSERT, UPDATE, REFERENCES')
                OR (has_any_column_privilege('{READER}', c.oid, 'SELECT')
                    AND c.oid NOT IN (
                        SELECT t.oid FROM t JOIN pg_policy p ON p.polrelid = t.oid
                        WHERE p.polname = 'reader' AND p.polcmd = 'r'
                        AND pg_get_expr(p.polqual, p.polrelid) = '{_READER_GUARD}')))
            UNION SELECT g.roleid::regrole::text FROM pg_auth_members g
            WHERE g.member = '{READER}'::regrole""",
    ),
)

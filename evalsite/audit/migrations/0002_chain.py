"""Nobody changes the trail, and each entry is linked to the one before it when it commits."""

from django.db import migrations

# What an entry says, as one text that no other entry can have: each value with its length before
# it, `-` where there is none. The trail must verify for as long as it is kept, so this is changed
# only together with a link's version.
TEXT = """
CREATE FUNCTION app.entry_text(e public.audit_entry) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT string_agg(coalesce(octet_length(said) || ':' || said, '-'), '' ORDER BY place)
    FROM unnest(ARRAY[
        'evalsite audit 1', e.id::text, e.tenant_id::text, e.actor_kind, e.actor, e.role,
        e.request_id, e.action, e.subject, e.subject_id, e.before::text, e.after::text,
        e.details::text,
        to_char(e.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
    ]) WITH ORDINALITY AS told(said, place)
$$;
"""
# Fires at commit, so that the tenant's other writers wait for the commit only and not for all
# that comes before it. The number of the lock tells it from evalsite's others (see try_judges).
LINK = """
CREATE FUNCTION app.append_link() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.tenant_id::text, 5));
    SELECT l.seq, l.hash INTO last FROM public.audit_link l
        WHERE l.tenant_id = NEW.tenant_id ORDER BY l.seq DESC LIMIT 1;
    IF NOT FOUND THEN
        INSERT INTO public.audit_anchor (id, tenant_id, seq, hash)
            VALUES (NEW.tenant_id, NEW.tenant_id, 0, '') ON CONFLICT (id) DO NOTHING;
        SELECT a.seq, a.hash INTO last FROM public.audit_anchor a WHERE a.id = NEW.tenant_id;
    END IF;
    INSERT INTO public.audit_link (id, tenant_id, seq, previous, hash) VALUES (
        NEW.id, NEW.tenant_id, last.seq + 1, last.hash,
        sha256(last.hash || convert_to(app.entry_text(NEW), 'UTF8')));
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app.append_link() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER audit_entry_link AFTER INSERT ON audit_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.append_link();

GRANT USAGE, CREATE ON SCHEMA app TO evalsite_notary;
ALTER FUNCTION app.append_link() OWNER TO evalsite_notary;
REVOKE CREATE ON SCHEMA app FROM evalsite_notary;

CREATE POLICY notary ON audit_link FOR ALL TO evalsite_notary USING (true) WITH CHECK (true);
CREATE POLICY notary ON audit_anchor FOR ALL TO evalsite_notary USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON audit_link, audit_anchor TO evalsite_notary;
"""
# For each statement, not for each row: it is refused also where row security shows no row.
REFUSE = """
CREATE FUNCTION app.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND current_user = 'evalsite_maint'
        AND current_setting('app.purge', true) = 'audit' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit trail is append-only: % of % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'P0T02';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_link
    FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_anchor
    FOR EACH STATEMENT EXECUTE FUNCTION app.refuse_change();
GRANT UPDATE ON audit_anchor TO evalsite_maint;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("tenants", "0002_grants_and_lookup")]

    operations = [
        migrations.RunSQL(TEXT, "DROP FUNCTION app.entry_text(public.audit_entry)"),
        migrations.RunSQL(
            LINK,
            "DROP TRIGGER audit_entry_link ON audit_entry; DROP FUNCTION app.append_link();"
            "DROP POLICY notary ON audit_link; DROP POLICY notary ON audit_anchor;"
            "REVOKE ALL ON audit_link, audit_anchor FROM evalsite_notary;"
            "REVOKE ALL ON SCHEMA app FROM evalsite_notary;",
        ),
        migrations.RunSQL(
            REFUSE,
            "DROP TRIGGER append_only ON audit_entry; DROP TRIGGER append_only ON audit_link;"
            "DROP TRIGGER append_only ON audit_anchor; DROP FUNCTION app.refuse_change();"
            "REVOKE UPDATE ON audit_anchor FROM evalsite_maint;",
        ),
    ]

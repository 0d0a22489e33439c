"""What the app role may do with the table of erasures: it outlives every tenant."""

from django.db import migrations

GRANTS = "GRANT SELECT, INSERT ON retention_erasure TO evalsite_app"
REVOKE = "REVOKE ALL ON retention_erasure FROM evalsite_app"


class Migration(migrations.Migration):
    dependencies = [("retention", "0001_initial")]

    operations = [migrations.RunSQL(GRANTS, REVOKE)]

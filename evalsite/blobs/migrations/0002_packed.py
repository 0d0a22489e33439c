"""What is compressed already is not compressed again."""

from django.db import migrations

OUTSIDE = "ALTER TABLE blobs_blob ALTER COLUMN data SET STORAGE EXTERNAL"
BEFORE = "ALTER TABLE blobs_blob ALTER COLUMN data SET STORAGE EXTENDED"


class Migration(migrations.Migration):
    dependencies = [("blobs", "0001_initial")]

    operations = [migrations.RunSQL(OUTSIDE, BEFORE)]

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('batches', '0008_origin'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('state', 'paused')), fields=['tenant', 'created_at'], name='batches_batch_paused'),
        ),
    ]

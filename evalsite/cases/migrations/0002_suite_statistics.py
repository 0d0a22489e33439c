"""Let the planner know that a suite is of one tenant.

It took them for independent, so with many suites it expected no case of a suite, and looked one up
among all of its suite: foreign keys of an import of 4,000 cases read 8 million.
"""

from django.db import migrations

CREATE = """
CREATE STATISTICS cases_testcase_suite (dependencies) ON tenant_id, suite_id FROM cases_testcase;
CREATE STATISTICS cases_revision_suite (dependencies) ON tenant_id, suite_id FROM cases_revision;
"""
DROP = """
DROP STATISTICS cases_revision_suite;
DROP STATISTICS cases_testcase_suite;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]

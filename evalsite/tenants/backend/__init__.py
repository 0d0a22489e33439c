"""The database backend whose connections follow the tenant scope."""

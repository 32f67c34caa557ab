"""Brings Superset's tables to the version of its packages, makes its roles and logins; may be repeated. Superset's own interpreter runs it.

The role Reader sees the dashboards, and the schema of the marts in SQL Lab. It changes nothing that another one sees.
"""

import os
import sys
from pathlib import Path

import superset
from flask_migrate import upgrade
from superset.app import create_app
from superset_config import secret

READER = "Reader"
# As the bundle names them (serving/superset/naming.py, releases/marts.py); in Postgres with the database between.
SCHEMAS = ("[Community Metrics].[marts]", f"[Community Metrics].[{os.environ.get('SUPERSET_MARTS_DATABASE', 'community_metrics')}].[marts]")
# What Superset's own role for visitors may, and besides:
READS = {
    ("menu_access", "Dashboards"),
    ("menu_access", "Datasets"),
    ("can_read", "Dataset"),
    ("can_read", "Database"),
    ("can_read", "Explore"),
    ("can_read", "SecurityRestApi"),
    ("can_read", "ExploreFormDataRestApi"),
    ("can_write", "ExploreFormDataRestApi"),
    ("can_write", "DashboardPermalinkRestApi"),
    ("can_explore", "Superset"),
    ("can_language_pack", "Superset"),
    ("can_log", "Superset"),
    ("can_csv", "Superset"),
    ("can_samples", "Datasource"),
    ("can_get_column_values", "Datasource"),
    ("can_view_chart_as_table", "Dashboard"),
    ("can_view_query", "Dashboard"),
    ("can_recent_activity", "Log"),
    ("can_userinfo", "UserDBModelView"),
    ("resetmypassword", "UserDBModelView"),
}
# Of what SQL Lab allows: no saved queries, which others see.
SAVED = "SavedQuery"


def main() -> int:
    """Give an exit code."""
    passwords = {name: secret(f"superset_{name}_password") for name in ("admin", "viewer")}
    with create_app().app_context():
        from superset.extensions import appbuilder, db, security_manager

        upgrade(directory=str(Path(superset.__file__).parent / "migrations"))
        appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        roles = {"admin": security_manager.find_role("Admin"), "viewer": reader(security_manager)}
        for name, password in passwords.items():
            user = security_manager.find_user(name)
            if user is None:
                names = (name, name, "Community Metrics", f"{name}@localhost")
                assert security_manager.add_user(*names, roles[name], password=password), f"the login {name} could not be made"
            else:
                # A changed secret is a changed password.
                user.roles = [roles[name]]
                security_manager.reset_password(user.id, password)
        db.session.commit()
    return 0


def reader(security_manager):
    """The role, with exactly what it may by this version."""
    asks = {pair for pair in security_manager.SQLLAB_ONLY_PERMISSIONS if pair[1] != SAVED}
    wanted = security_manager.PUBLIC_ROLE_PERMISSIONS | READS | asks
    found = [security_manager.find_permission_view_menu(*pair) for pair in sorted(wanted)]
    schemas = [security_manager.add_permission_view_menu("schema_access", schema) for schema in SCHEMAS]
    role = security_manager.add_role(READER)
    role.permissions = [permission for permission in found + schemas if permission]
    return role


if __name__ == "__main__":
    sys.exit(main())

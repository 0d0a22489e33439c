"""Django's settings. Every knob is read through `evalsite.env`."""

from __future__ import annotations

import logging
import secrets
from typing import Any
from urllib.parse import unquote

from psycopg.conninfo import conninfo_to_dict
from pydantic import SecretStr

from evalsite import env, logs, peers
from evalsite.embedded.layout import Layout
from evalsite.people import sso
from evalsite.tenants.roles import APP, MAINT, OWNER

ENV = env.load()
BASE_DIR = env.ROOT
LAYOUT = Layout(ENV.evalsite_data_dir)

DEBUG = ENV.debug
DEFAULT_EXCEPTION_REPORTER_FILTER = "evalsite.endpoints.error_report.AlwaysHides"
ALLOWED_HOSTS = ENV.allowed_hosts
SITE_URL = ENV.site_url.rstrip("/")
API_BODY_BYTES, API_STREAM_BYTES = ENV.api_body_bytes, ENV.api_stream_bytes


def _secret_key() -> str:
    """Use the configured key; else one made once and kept in the data folder."""
    if ENV.secret_key is not None:
        return ENV.secret_key.get_secret_value()
    kept = LAYOUT.data / "secret_key"
    try:
        if not kept.exists():
            LAYOUT.data.mkdir(parents=True, exist_ok=True)
            kept.touch(mode=0o600)
            kept.write_text(secrets.token_urlsafe(50))
        return kept.read_text().strip()
    except OSError as error:
        raise env.SettingsInvalid(f"EVALSITE_DATA_DIR: {error}") from None


SECRET_KEY = _secret_key()

# Not the REST framework, django-filter, django-csp, django-structlog and whitenoise: as apps they
# would add pages, checks of old settings and a runserver, none of which is used here.
INSTALLED_APPS = [
    "evalsite.tenants",
    "evalsite.audit",
    "evalsite.keys",
    "evalsite.people",
    "evalsite.quotas",
    "evalsite.shares",
    "evalsite.blobs",
    "evalsite.cases",
    "evalsite.endpoints",
    "evalsite.calls",
    "evalsite.trust",
    "evalsite.targets",
    "evalsite.batches",
    "evalsite.scoring",
    "evalsite.calibration",
    "evalsite.summaries",
    "evalsite.regressions",
    "evalsite.experiments",
    "evalsite.gates",
    "evalsite.trends",
    "evalsite.leaderboard",
    "evalsite.alerts",
    "evalsite.schedules",
    "evalsite.retention",
    "evalsite.exchange",
    "evalsite.pipeline",
    "evalsite.api",
    "evalsite.web",
    "evalsite.doctor",
    "evalsite.embedded",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "evalsite.web.turns.Turns",
    "evalsite.tenants.middleware.EmptyScope",
    "evalsite.web.proxies.TrustedProxies",
    "evalsite.web.request_log.RequestLog",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "evalsite.web.headers.SafeHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "evalsite.api.frame.outage.WhileDatabaseIsAway",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "evalsite.tenants.middleware.TenantOfSession",
    "evalsite.web.request_log.WhoAsks",
    "evalsite.web.middleware.NewIdForNewRole",
    "evalsite.web.middleware.AdminNeedsTenant",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "evalsite.web.frame.errors.ErrorPages",
]

if ENV.oidc_server_url:
    INSTALLED_APPS += sso.APPS
    MIDDLEWARE += sso.MIDDLEWARE
    globals().update(sso.knobs(ENV))

ROOT_URLCONF = "evalsite.urls"
WSGI_APPLICATION = "evalsite.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "evalsite.web.context.tenant",
            ]
        },
    }
]


def _external(url: SecretStr) -> dict[str, Any]:
    place = conninfo_to_dict(url.get_secret_value())
    known = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD"}
    return {
        **{django: str(place.pop(libpq, "")) for libpq, django in known.items()},
        "NAME": place.pop("dbname", ENV.database_name),
        "OPTIONS": place,
    }


def _database(url: SecretStr | None, *, role: str, **options: Any) -> dict[str, Any]:
    place = (
        LAYOUT.database_settings(role, name=ENV.database_name) if url is None else _external(url)
    )
    ours = {"connect_timeout": 10, **peers.of_database(ENV.peer_seconds)}
    return {
        "ENGINE": "evalsite.tenants.backend",
        **place,
        "OPTIONS": ours | place["OPTIONS"] | options,
    }


_POOL = {"min_size": 1, "max_size": ENV.database_pool_size} if ENV.database_pool_size else False

# A worker that is frozen inside a transaction would hold its row locks for good, and no other could
# finish the batch: a little after its lease is over the server ends its session.
_FROZEN = f"-c idle_in_transaction_session_timeout={int(ENV.lease_seconds + 5) * 1000}"
# Its host is gone, and so is what it held: the leader's lock above all.
_VANISHED = peers.for_server(ENV.peer_seconds)

DATABASES = {
    "default": {
        **_database(
            ENV.database_url,
            role=APP,
            fallback_application_name="evalsite",
            pool=_POOL,
            options=f"{_FROZEN} {_VANISHED}",
        ),
        "CONN_MAX_AGE": 0 if _POOL else 60,
        "CANARY": True,
    },
    # Only migrations: the connection option opens the owner_unlock policies.
    "owner": _database(ENV.database_owner_url, role=OWNER, options="-c app.unlock=migrate"),
    # Only retention, erasure and re-indexing.
    "maint": _database(ENV.database_maint_url, role=MAINT),
}
DATABASE_ROUTERS: list[str] = []
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["evalsite.tenants.permissions.MembershipBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "/signin/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/signin/"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = SITE_URL.startswith("https://")
SECURE_HSTS_SECONDS = 31_536_000 if SITE_URL.startswith("https://") else 0
SECURE_REFERRER_POLICY = "same-origin"
# Asked by orchestrator and Prometheus from inside, past the proxy with TLS.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$", "^metrics$"]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        **{f"{kind}-src": ["'self'"] for kind in ("script", "style", "img", "font", "connect")},
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "evalsite.api.frame.authenticate.KeyAuthentication",
        "evalsite.api.frame.authenticate.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["evalsite.api.frame.permit.Permitted"],
    "DEFAULT_THROTTLE_CLASSES": [
        "evalsite.api.frame.throttle.KeyRate",
        "evalsite.api.frame.throttle.TenantRate",
    ],
    "DEFAULT_PARSER_CLASSES": ["evalsite.api.frame.parse.StrictJSON"],
    "DEFAULT_RENDERER_CLASSES": ["evalsite.api.frame.render.Json"],
    "DEFAULT_FILTER_BACKENDS": ["evalsite.api.frame.narrow.Strictly"],
    "DEFAULT_PAGINATION_CLASS": "evalsite.api.frame.paging.ByCursor",
    "DEFAULT_SCHEMA_CLASS": "evalsite.api.frame.schema.Described",
    "EXCEPTION_HANDLER": "evalsite.api.frame.problems.answer_problem",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "evalsite",
    "DESCRIPTION": "Is the new version better or worse? See docs/api.md.",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "evalsite.api.frame.schema.add_problems",
    ],
    # One name for the same choices under several members, and for several under the same.
    "ENUM_NAME_OVERRIDES": {
        "SliceKind": "evalsite.summaries.models.SliceKind",
        "CaseState": "evalsite.cases.models.CaseState",
        "RunStatus": "evalsite.targets.models.RunStatus",
        "EvaluationState": "evalsite.pipeline.standing.Stand",
        "EndpointKind": "evalsite.endpoints.models.EndpointKind",
        "BatchState": "evalsite.batches.models.BatchState",
        "StepState": "evalsite.batches.models.StepState",
        "ScoreStatus": "evalsite.scoring.models.ScoreStatus",
        "StageStatus": "packs.protocol.StageStatus",
        "ComparisonVerdict": "evalsite.regressions.models.Verdict",
        "GateOutcome": "evalsite.gates.models.GateOutcome",
        "RuleCode": "evalsite.gates.reasons.Code",
        "ExperimentMetric": "evalsite.experiments.choices.Metric",
        "Claim": "evalsite.experiments.choices.Claim",
        "Group": "evalsite.experiments.choices.Group",
        "ExperimentState": "evalsite.experiments.choices.ExperimentState",
        "ExperimentVerdict": "evalsite.experiments.choices.Verdict",
        "TrendMetric": "evalsite.trends.trend.METRICS",
        "ShiftState": "evalsite.trends.models.ShiftState",
        "SystemKind": "evalsite.leaderboard.models.Kind",
        "BoardMetric": "evalsite.leaderboard.models.Metric",
        "AlertKind": "evalsite.alerts.models.AlertKind",
        "AlertState": "evalsite.alerts.models.AlertState",
        "Delivery": "evalsite.alerts.models.Delivery",
        "WebhookKind": "evalsite.alerts.models.WebhookKind",
        "Role": "evalsite.tenants.models.Role",
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = ENV.time_zone
USE_I18N = False
FORMAT_MODULE_PATH = "evalsite.web.formats"
USE_TZ = True
_FOLDER = "django.core.files.storage.FileSystemStorage"
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": _FOLDER},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    # What is too large for the database: no URL leads there.
    "blobs": {
        "BACKEND": ENV.blob_storage,
        "OPTIONS": {"location": str(LAYOUT.data / "blobs")} if ENV.blob_storage == _FOLDER else {},
    },
}
STORAGES["blobs"]["OPTIONS"] |= ENV.blob_storage_options
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DEFAULT_FROM_EMAIL = ENV.email_from


def _email() -> dict[str, Any]:
    """Mail goes to the SMTP server of EMAIL_URL (smtp://user:password@host:port); else to files."""
    if ENV.email_url is None:
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": str(LAYOUT.mail),
        }
    from urllib.parse import urlsplit

    url = urlsplit(ENV.email_url.get_secret_value())
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname or "localhost",
        "EMAIL_PORT": url.port or 25,
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": url.scheme == "smtp+tls",
        "EMAIL_USE_SSL": url.scheme == "smtps",
        "EMAIL_TIMEOUT": 20,
    }


globals().update(_email())

BROKER_URL = LAYOUT.broker_url if ENV.broker_url is None else ENV.broker_url.get_secret_value()
VALKEY_URL = BROKER_URL if ENV.valkey_url is None else ENV.valkey_url.get_secret_value()
# Whether HSTS covers other hosts of the domain is for the domain's owner to say, at the proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

LOGGING = logs.configure(ENV)
# That tasks begin and end is Flower's business.
DJANGO_STRUCTLOG_CELERY_DEFAULT_LOG_LEVEL = logging.DEBUG

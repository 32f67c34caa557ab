#!/bin/sh
# Three databases, each owned by a role of its own, and the role as which Superset reads the marts, with the passwords of the secrets. Postgres runs it when its volume is new; to take over
# a changed password: docker-compose exec postgres sh /docker-entrypoint-initdb.d/roles.sh
set -eu

# Passwords go through the environment: not on a command line, where `ps` shows them, nor into a log of statements that fail.
AIRFLOW_PASSWORD=$(cat /run/secrets/airflow_database_password)
LOADER_PASSWORD=$(cat /run/secrets/community_metrics_loader_password)
SUPERSET_PASSWORD=$(cat /run/secrets/superset_database_password)
READER_PASSWORD=$(cat /run/secrets/superset_reader_password)
export AIRFLOW_PASSWORD LOADER_PASSWORD SUPERSET_PASSWORD READER_PASSWORD

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv airflow_password AIRFLOW_PASSWORD
\getenv loader_password LOADER_PASSWORD
\getenv superset_password SUPERSET_PASSWORD
\getenv reader_password READER_PASSWORD
set log_statement = 'none';
set log_min_error_statement = 'panic';
select 'create role airflow login' where not exists (select from pg_roles where rolname = 'airflow') \gexec
-- createrole: the loader makes the role of the readers.
select 'create role community_metrics_loader login createrole'
where not exists (select from pg_roles where rolname = 'community_metrics_loader') \gexec
select 'create role superset login' where not exists (select from pg_roles where rolname = 'superset') \gexec
-- Whoever may read the marts; the loader grants it what it loads.
select 'create role community_metrics_reader nologin' where not exists (select from pg_roles where rolname = 'community_metrics_reader') \gexec
select 'create role superset_reader login in role community_metrics_reader'
where not exists (select from pg_roles where rolname = 'superset_reader') \gexec
alter role superset_reader set default_transaction_read_only = on;
-- What a reader asks by mistake ends by itself; a page waits no longer for its charts.
alter role superset_reader set statement_timeout = '60s';
alter role airflow password :'airflow_password';
alter role community_metrics_loader password :'loader_password';
alter role superset password :'superset_password';
alter role superset_reader password :'reader_password';
select 'create database airflow owner airflow' where not exists (select from pg_database where datname = 'airflow') \gexec
select 'create database community_metrics owner community_metrics_loader'
where not exists (select from pg_database where datname = 'community_metrics') \gexec
select 'create database superset owner superset' where not exists (select from pg_database where datname = 'superset') \gexec
-- A reader of the marts has no business in the tables of Airflow and Superset.
revoke connect on database airflow from public;
revoke connect on database superset from public;
revoke connect on database postgres from public;
SQL

"""Dagster over the dbt project: a sensor looks at the ledger, and a job builds every model when there is something new.

SENSOR_SECONDS: how often the sensor looks, at least.
"""
import os
from pathlib import Path

import psycopg2
from dagster import (
    AssetSelection,
    DefaultSensorStatus,
    Definitions,
    RunRequest,
    SkipReason,
    define_asset_job,
    in_process_executor,
    sensor,
)
from dagster_dbt import DbtCliResource, dbt_assets

project = Path(os.environ["DBT_PROJECT_DIR"])


@dbt_assets(manifest=project / "target" / "manifest.json")
def models(context, dbt: DbtCliResource):
    yield from dbt.cli(["build"], context=context).stream()


job = define_asset_job("build", selection=AssetSelection.assets(models), executor_def=in_process_executor)


@sensor(
    job=job,
    minimum_interval_seconds=int(os.environ["SENSOR_SECONDS"]),
    default_status=DefaultSensorStatus.RUNNING,
)
def ledger_sensor(context):
    connection = psycopg2.connect(
        host=os.environ["PEERS_HOST"],
        port=os.environ["PEERS_PORT"],
        user=os.environ["PEERS_USER"],
        password=os.environ["PEERS_PASSWORD"],
        dbname=os.environ["PEERS_DATABASE"],
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("select max(transaction_id) from bronze.transactions")
            latest = str(cursor.fetchone()[0])
    finally:
        connection.close()
    is_first, is_new = context.cursor is None, context.cursor != latest
    context.update_cursor(latest)
    if is_first or not is_new:
        return SkipReason("nothing new")
    return RunRequest(run_key=latest)


defs = Definitions(
    assets=[models],
    jobs=[job],
    sensors=[ledger_sensor],
    resources={
        "dbt": DbtCliResource(
            project_dir=str(project), profiles_dir=str(project), dbt_executable=os.environ["DBT_EXECUTABLE"]
        )
    },
)

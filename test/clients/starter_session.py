"""dbt's starter project, and ours on top of it, against a server: prints what came of it as one JSON object.

Usage: starter_session.py HOST PORT DATABASE
(dbt takes every module whose name begins with dbt_ for a plug-in of its own.)
"""

import contextlib
import json
import os
import shutil
import sys
import tempfile

os.environ["DBT_SEND_ANONYMOUS_USAGE_STATS"] = "false"

import psycopg2
from dbt.cli.main import dbtRunner

HOST, PORT, DATABASE = sys.argv[1:]
USER = "postgres"
OURS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dbt-project")
PROFILE = {
    "starter": {
        "target": "server",
        "outputs": {
            "server": {
                "type": "postgres",
                "host": HOST,
                "port": int(PORT),
                "user": USER,
                "password": "unused",
                "dbname": DATABASE,
                "schema": "dbt",
                "threads": 2,
            }
        },
    }
}


def invoke(*args):
    """The status of each node, and its message where it failed."""
    with contextlib.redirect_stdout(sys.stderr):
        outcome = dbtRunner().invoke([*args, "--log-level", "none", "--log-level-file", "none"])
    if outcome.exception is not None:
        raise outcome.exception
    results = getattr(outcome.result, "results", None) or []
    statuses = {}
    for result in results:
        node = getattr(result, "node", None)
        if node is None:
            continue
        failed = result.status not in ("success", "pass", "fail")
        statuses[node.name] = f"{result.status}: {result.message}" if failed else str(result.status)
    return statuses


def summary(statuses):
    """How many nodes came to each status; what failed by its name."""
    failed = {name: status for name, status in statuses.items() if status not in ("success", "pass")}
    return [len(statuses), failed]


def rows(sql):
    """Of a statement in a transaction of its own."""
    with contextlib.closing(psycopg2.connect(host=HOST, port=PORT, dbname=DATABASE, user=USER)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall() if cursor.description else None


def catalog():
    """What `docs generate` wrote of the tables with comments."""
    with open("target/catalog.json") as file:
        node = json.load(file)["nodes"]["model.starter.customers"]
    columns = [[name, column["type"], column["comment"]] for name, column in node["columns"].items()]
    return [node["metadata"]["type"], node["metadata"]["comment"], columns]


def session():
    seen = {}
    rows("CREATE SCHEMA dbt")
    rows("CREATE TABLE dbt.hooks (what text)")
    seen["starter"] = summary(invoke("run", "--select", "example"))
    seen["build"] = summary(invoke("build"))
    rows("UPDATE dbt.raw_orders SET customer = 'Bea', updated_at = '2024-02-01' WHERE id = 1")
    rows("DELETE FROM dbt.raw_orders WHERE id = 2")
    rows("INSERT INTO dbt.raw_orders VALUES (4, 'Cid', '2024-01-04', 1, '2024-01-04')")
    more = ["--vars", "{more: true}", "--exclude", "resource_type:seed"]
    seen["again"] = summary(invoke("build", *more))
    invoke("docs", "generate")
    seen["catalog"] = catalog()
    for table in ("orders_append", "orders_delete_insert"):
        seen[table] = rows(f"SELECT order_id, note FROM dbt.{table} ORDER BY 1, 2")
    seen["customers"] = rows("SELECT customer, orders, amount::text FROM dbt.customers ORDER BY 1")
    seen["hooks"] = rows("SELECT count(*) FROM dbt.hooks")
    for table in ("orders_by_time", "orders_by_value"):
        seen[table] = rows(f"SELECT id, customer, dbt_valid_to IS NULL FROM dbt.{table} ORDER BY 1, 2")
    return seen


with tempfile.TemporaryDirectory() as directory:
    os.chdir(directory)
    # No profile yet: `dbt init` would ask for one.
    invoke("init", "starter", "--skip-profile-setup")
    os.chdir("starter")
    shutil.copytree(OURS, ".", dirs_exist_ok=True)
    with open("profiles.yml", "w") as file:
        json.dump(PROFILE, file)
    print(json.dumps(session()))
    os.chdir("/")

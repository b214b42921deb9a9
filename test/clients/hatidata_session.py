"""HatiData's published clients as they connect: psycopg2 and asyncpg, unmodified. Prints what it saw as one JSON object.

Usage: hatidata_session.py HOST PORT KEY
"""

import asyncio
import json
import sys

import asyncpg
import psycopg2

HOST, PORT, KEY = sys.argv[1:4]
BRANCHES = "SELECT name, agent_id, status FROM _hatidata_branches ORDER BY name"


def with_psycopg2():
    connection = psycopg2.connect(
        host=HOST,
        port=PORT,
        user="agent",
        dbname="hatidata",
        password=KEY,
        options="-c hatidata_agent_id=agent-7 -c hatidata_framework=langchain -c hatidata_priority=high",
    )
    connection.autocommit = True
    seen = {}
    with connection.cursor() as cursor:
        cursor.execute("SET hatidata_request_id = 'req-1'")
        cursor.execute("SELECT current_user, current_branch(), current_setting('hatidata_request_id')")
        seen["who"] = cursor.fetchone()
        cursor.execute("SELECT hati_branch_create('experiment-42')")
        cursor.execute("SELECT name FROM experiment_42.users ORDER BY id")
        seen["named"] = cursor.fetchall()
        cursor.execute("USE BRANCH \"experiment-42\"")
        cursor.execute("UPDATE users SET name = %s WHERE id = %s", ("eve", 1))
        seen["updated"] = cursor.rowcount
        cursor.execute("SELECT m.name, u.name FROM users u JOIN main.users m USING (id) ORDER BY id")
        seen["joined"] = cursor.fetchall()
        cursor.execute(BRANCHES)
        seen["branches"] = cursor.fetchall()
        try:
            cursor.execute("SELECT hati_branch_merge('experiment-42', 'main')")
        except psycopg2.Error as error:
            seen["merge"] = [error.pgcode, str(error).splitlines()[0]]
    connection.close()
    return seen


def with_tools():
    """The MCP tools' way: a schema, a view per table, plain DML behind search_path, the branch found again, and dropped."""
    connection = psycopg2.connect(host=HOST, port=PORT, user="agent", dbname="hatidata", password=KEY)
    connection.autocommit = True
    seen = {}
    with connection.cursor() as cursor:

        def rows(sql):
            cursor.execute(sql)
            return cursor.fetchall()

        schema = "branch_0123456789ab"
        cursor.execute(f'CREATE SCHEMA "{schema}"')
        tables = [name for (name,) in rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1")]
        for table in tables:
            cursor.execute(f'CREATE VIEW "{schema}"."{table}" AS SELECT * FROM main."{table}"')
        cursor.execute(f"SET search_path = '{schema},main'")
        cursor.execute("INSERT INTO users VALUES (3, 'cyd')")
        cursor.execute("UPDATE users SET name = %s WHERE id = %s", ("eve", 1))
        cursor.execute("SET search_path = 'main'")
        seen["main"] = rows("SELECT * FROM users ORDER BY id")
        seen["branch"] = rows(f'SELECT * FROM "{schema}".users ORDER BY id')
        kinds = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = %s ORDER BY 1"
        cursor.execute(kinds, (schema,))
        seen["kinds"] = cursor.fetchall()
        listed = [branch for branch in rows("SELECT * FROM branch_list()") if branch[0] == schema]
        seen["listed"] = [listed[0][1], listed[0][3], listed[0][7]]
        cursor.execute(f'DROP SCHEMA "{schema}" CASCADE')
        seen["status"] = rows(f"SELECT status FROM _hatidata_branches WHERE name = '{schema}'")
    connection.close()
    return seen


async def with_asyncpg():
    settings = {"hatidata_agent_id": "agent-8", "hatidata_framework": "crewai"}
    pool = await asyncpg.create_pool(
        host=HOST,
        port=int(PORT),
        user="agent",
        database="hatidata/experiment-42",
        password=KEY,
        server_settings=settings,
        min_size=1,
        max_size=1,
    )
    seen = {"names": []}
    # Given back and taken again: the reset in between must not leave the branch.
    for _ in range(2):
        async with pool.acquire() as connection:
            rows = await connection.fetch("SELECT id, name FROM users WHERE id >= $1 ORDER BY id", 1)
            seen["names"].append([[row["id"], row["name"]] for row in rows])
            await connection.execute("SET hatidata_request_id = 'req-2'")
            seen["setting"] = await connection.fetchval("SELECT current_setting('hatidata_agent_id')")
    async with pool.acquire() as connection:
        try:
            await connection.execute("UPDATE main.users SET name = 'gone'")
        except asyncpg.PostgresError as error:
            seen["main"] = error.sqlstate
    async with pool.acquire() as connection:
        await connection.execute('CREATE SCHEMA "branch_0123456789ac"')
        await connection.execute("SET search_path = 'branch_0123456789ac,main'")
        await connection.execute("DELETE FROM users WHERE id = $1", 2)
        own = "SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE'"
        seen["own"] = [row[0] for row in await connection.fetch(own, "branch_0123456789ac")]
    async with pool.acquire() as connection:
        # The reset led back to the pool's branch.
        seen["back"] = await connection.fetchval("SELECT count(*) FROM users")
        seen["dropped"] = await connection.execute('DROP SCHEMA "branch_0123456789ac" CASCADE')
    await pool.close()
    return seen


print(json.dumps({"psycopg2": with_psycopg2(), "tools": with_tools(), "asyncpg": asyncio.run(with_asyncpg())}))

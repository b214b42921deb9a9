"""What asyncpg makes of a server: runs a fixed session, prints what it saw as one JSON object.

Usage: asyncpg_session.py HOST PORT DATABASE OPTIONS [SQL to run first]
OPTIONS are start-up settings as name=value, or empty.
"""

import asyncio
import datetime
import decimal
import json
import sys
import uuid

import asyncpg

HOST, PORT, DATABASE, OPTIONS, *FIRST_SQL = sys.argv[1:]
SETTINGS = dict([OPTIONS.split("=", 1)]) if OPTIONS else {}

UTC = datetime.timezone.utc
# asyncpg speaks the binary format only, both ways.
VALUES = {
    "boolean": True,
    "smallint": -32768,
    "int": 2147483647,
    "bigint": 9223372036854775807,
    "real": 0.5,
    "double precision": -1e300,
    "numeric(20,4)": decimal.Decimal("1234567890123456.7891"),
    "text": "Ünï 'quoted' \\ 🦆",
    "varchar": "",
    "bytea": b"\x00\xff\\'",
    "uuid": uuid.UUID(int=7),
    "date": datetime.date(2024, 2, 29),
    "time": datetime.time(23, 59, 59, 999999),
    "timestamp": datetime.datetime(2024, 2, 29, 12, 30, 0, 123456),
    "timestamptz": datetime.datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=UTC),
    "interval": datetime.timedelta(days=3, hours=4, microseconds=5),
    "json": '{"a": [1, null]}',
    "jsonb": '{"a": [1, null]}',
    "int[]": [1, None, 3],
    "int[][]": [[1, 2], [3, 4]],
    "text[]": ["a", 'b"c', "d,e", None],
    "uuid[]": [uuid.UUID(int=7)],
    "numeric[]": [decimal.Decimal("1.5"), None],
}


async def connect():
    connection = await asyncpg.connect(
        host=HOST, port=int(PORT), user="tester", database=DATABASE, server_settings=SETTINGS
    )
    for sql in FIRST_SQL:
        await connection.execute(sql)
    return connection


async def code_of(awaitable):
    """The SQLSTATE of a statement that must fail, and asyncpg's class for it."""
    try:
        await awaitable
    except asyncpg.PostgresError as error:
        return [error.sqlstate, type(error).__name__]
    return ["00000", "no error"]


async def round_trips(connection):
    """Types whose value did not come back as it was sent."""
    changed = {}
    for name, value in VALUES.items():
        for sent in (value, None):
            found = await connection.fetchval(f"SELECT $1::{name}", sent)
            if found != sent or not isinstance(found, type(sent)):
                changed[name] = repr(found)
    return changed


async def inferred(connection):
    """Parameters whose types the server must tell: asyncpg encodes by them."""
    return [
        await connection.fetchval("SELECT name FROM cities WHERE id = $1", 1),
        await connection.fetchval("SELECT count(*) FROM cities WHERE id = ANY($1)", [1, 2, 99]),
        await connection.fetchval("SELECT name FROM cities WHERE area > $1", decimal.Decimal("200")),
        await connection.fetchval("SELECT $1", "text"),
        await connection.fetchval("SELECT id + $1 FROM cities WHERE name LIKE $2", 10, "Gr%"),
        await connection.fetchval("SELECT coalesce($1::text, 'none')", None),
        [row["n"] for row in await connection.fetch("SELECT n FROM generate_series(1, $1::int) AS n", 3)],
        [tuple(row) for row in await connection.fetch("SELECT id FROM cities ORDER BY id LIMIT $1 OFFSET $2", 1, 1)],
        tuple(await connection.fetchval("SELECT row($1::int, 'x', NULL)", 5)),
    ]


async def prepared(connection):
    """Types told by prepare, a statement used often, and one whose table changes under it."""
    statement = await connection.prepare("SELECT id, name, area FROM cities WHERE id = $1")
    described = [
        [parameter.name for parameter in statement.get_parameters()],
        [[attribute.name, attribute.type.name] for attribute in statement.get_attributes()],
    ]
    repeated = [await statement.fetchval(1 + i % 2, column=1) for i in range(4)]
    await connection.execute("CREATE TABLE changing (a int)")
    await connection.execute("INSERT INTO changing VALUES (1)")
    before = list(await connection.fetchrow("SELECT * FROM changing"))
    await connection.execute("ALTER TABLE changing ALTER COLUMN a TYPE text")
    after = list(await connection.fetchrow("SELECT * FROM changing"))
    await connection.execute("DROP TABLE changing")
    return [described, repeated, before, after]


async def transactions(connection):
    insert = "INSERT INTO cities (id, name) VALUES ($1, $2) RETURNING id"
    outer = connection.transaction()
    await outer.start()
    returned = await connection.fetchval(insert, 70, "Lienz")
    inner = connection.transaction()
    await inner.start()
    await connection.fetchval(insert, 71, "Imst")
    await inner.rollback()
    inside = [row["id"] for row in await connection.fetch("SELECT id FROM cities WHERE id >= 70")]
    await outer.rollback()
    outside = [row["id"] for row in await connection.fetch("SELECT id FROM cities WHERE id >= 70")]
    return [returned, inside, outside]


async def errors(connection):
    found = [
        await code_of(connection.fetch("SELECT * FROM no_such")),
        await code_of(connection.execute("INSERT INTO cities (id, name) VALUES (1, 'x')")),
        await code_of(connection.fetch("SELECT 'x'::int")),
        await code_of(connection.fetch("SELEC 1")),
    ]
    async with connection.transaction():
        try:
            async with connection.transaction():
                await connection.execute("SELECT * FROM no_such")
        except asyncpg.UndefinedTableError:
            found.append(await connection.fetchval("SELECT 'still there'"))
    return found


async def many(connection):
    """A batch is one transaction: the second one fails in its last row and leaves nothing."""
    insert = "INSERT INTO cities (id, name) VALUES ($1, $2)"
    await connection.executemany(insert, [(80 + i, f"city {i}") for i in range(5)])
    failed = await code_of(connection.executemany(insert, [(90, "x"), (91, "y"), (80, "taken")]))
    counted = await connection.fetchval("SELECT count(*) FROM cities WHERE id >= 80")
    gone = await connection.execute("DELETE FROM cities WHERE id >= 80")
    return [failed[0], counted, gone]


async def copies(connection):
    rows = [(90, "Mödling", decimal.Decimal("1.50")), (91, "none", None)]
    tag = await connection.copy_records_to_table("cities", records=rows, columns=["id", "name", "area"])
    found = [tuple(row) for row in await connection.fetch("SELECT * FROM cities WHERE id >= 90 ORDER BY id")]
    parts = []

    async def collect(data):
        parts.append(data)

    await connection.copy_from_query("SELECT id, name FROM cities WHERE id >= $1 ORDER BY id", 90, output=collect)
    await connection.execute("DELETE FROM cities WHERE id >= 90")
    return [tag, found == rows, b"".join(parts).decode()]


async def cursors(connection):
    async with connection.transaction():
        walked = [row["i"] async for row in connection.cursor("SELECT i FROM range(1200) r(i)", prefetch=100)]
        cursor = await connection.cursor("SELECT i FROM range($1::int) r(i)", 10)
        first = [row["i"] for row in await cursor.fetch(3)]
        return [len(walked), first, (await cursor.fetchrow())["i"]]


async def cancelled(connection):
    """A time-out sends a CancelRequest; the connection goes on."""
    try:
        await connection.fetchval("SELECT count(*) FROM range(100000000000) r(i) WHERE i % 7 = 3", timeout=0.2)
        outcome = "finished"
    except asyncio.TimeoutError:
        outcome = "timeout"
    return [outcome, await connection.fetchval("SELECT 1")]


async def pooled():
    """Each release resets the session as asyncpg does."""
    async with asyncpg.create_pool(
        host=HOST, port=int(PORT), user="tester", database=DATABASE, min_size=2, max_size=3, server_settings=SETTINGS
    ) as pool:
        async with pool.acquire() as one:
            await one.execute("SET application_name = 'mine'")
        names = {await pool.fetchval("SELECT current_setting('application_name')") for _ in range(3)}
        sums = await asyncio.gather(*(pool.fetchval("SELECT $1::int + 1", i) for i in range(12)))
    return [sorted(names), sums == list(range(1, 13))]


async def enums(connection):
    """All in binary: asyncpg looks the type's OID up in the catalogue, and the array's."""
    await connection.execute("CREATE TEMP TABLE feelings (id int, feels mood, felt mood[])")
    await connection.execute("INSERT INTO feelings VALUES ($1, $2, $3)", 1, "happy", ["sad", None])
    row = await connection.fetchrow("SELECT feels, felt FROM feelings WHERE feels > $1", "ok")
    statement = await connection.prepare("SELECT $1::mood, feels, felt FROM feelings")
    types = [t.name for t in statement.get_parameters()] + [a.type.name for a in statement.get_attributes()]
    await connection.execute("DROP TABLE feelings")
    return [*row, types]


async def main():
    connection = await connect()
    seen = {
        "branch": await connection.fetchval("SHOW branch"),
        "version": list(connection.get_server_version()[:1]),
        "changed": await round_trips(connection),
        "inferred": await inferred(connection),
        "prepared": await prepared(connection),
        "transactions": await transactions(connection),
        "errors": await errors(connection),
        "many": await many(connection),
        "copies": await copies(connection),
        "cursors": await cursors(connection),
        "enums": await enums(connection),
        "cancelled": await cancelled(connection),
        "pooled": await pooled(),
    }
    await connection.close()
    print(json.dumps(seen, default=str))


asyncio.run(main())

"""What psycopg 3 and psycopg2 make of a server: runs a fixed session, prints what it saw as one JSON object.

Usage: psycopg_session.py psycopg|psycopg2 CONNECTION-STRING [SQL to run first]
"""

import datetime
import decimal
import importlib
import io
import json
import sys
import uuid

DRIVER_NAME, CONNECTION_STRING, *FIRST_SQL = sys.argv[1:]
driver = importlib.import_module(DRIVER_NAME)
IS_THREE = DRIVER_NAME == "psycopg"

UTC = datetime.timezone.utc
VALUES = {
    "boolean": True,
    "smallint": -32768,
    "int": 2147483647,
    "bigint": 9223372036854775807,
    "real": 0.5,
    "double precision": -1e300,
    "numeric(20,4)": decimal.Decimal("1234567890123456.7891"),
    "text": "Ünï 'quoted' \\ 🦆",
    "date": datetime.date(2024, 2, 29),
    "time": datetime.time(23, 59, 59, 999999),
    "timestamp": datetime.datetime(2024, 2, 29, 12, 30, 0, 123456),
    "timestamptz": datetime.datetime(2024, 2, 29, 12, 30, 0, 123456, tzinfo=UTC),
    "interval": datetime.timedelta(days=3, hours=4, microseconds=5),
    "int[]": [1, None, 3],
    "text[]": ["a", 'b"c', "d,e", None],
}


def connect():
    connection = driver.connect(CONNECTION_STRING)
    if FIRST_SQL:
        connection.cursor().execute(FIRST_SQL[0])
        connection.commit()
    return connection


def rows(cursor, sql, parameters=None):
    cursor.execute(sql, parameters)
    return [list(row) for row in cursor.fetchall()]


def code_of(cursor, sql, parameters=None):
    """The SQLSTATE of a statement that must fail, and whether the driver maps it to the class it should."""
    try:
        cursor.execute(sql, parameters)
    except driver.Error as error:
        return [error.sqlstate if IS_THREE else error.pgcode, type(error).__name__]
    return ["00000", "no error"]


def round_trips(cursor):
    """Types whose value did not come back as it was sent."""
    changed = {}
    for name, value in VALUES.items():
        found = rows(cursor, f"SELECT CAST(%s AS {name})", [value])[0][0]
        if found != value or type(found) is not type(value):
            changed[name] = repr(found)
    return changed


def transactions(connection, cursor):
    cursor.execute("INSERT INTO cities (id, name) VALUES (%s, %s)", [70, "Lienz"])
    connection.rollback()
    after_rollback = rows(cursor, "SELECT name FROM cities WHERE id = 70")
    cursor.execute("INSERT INTO cities (id, name) VALUES (%s, %s) RETURNING id", [70, "Lienz"])
    returned = cursor.fetchone()[0]
    connection.commit()
    after_commit = rows(cursor, "SELECT name FROM cities WHERE id = 70")
    cursor.execute("DELETE FROM cities WHERE id = 70")
    deleted = cursor.rowcount
    connection.commit()
    return [after_rollback, returned, after_commit, deleted]


def errors(connection, cursor):
    found = [code_of(cursor, "SELECT * FROM no_such"), code_of(cursor, "SELECT 1")]
    connection.rollback()
    found.append(code_of(cursor, "INSERT INTO cities (id, name) VALUES (1, 'x')"))
    connection.rollback()
    return found


def many(connection, cursor):
    cursor.executemany(
        "INSERT INTO cities (id, name) VALUES (%s, %s)", [(80 + i, f"city {i}") for i in range(5)]
    )
    counted = rows(cursor, "SELECT count(*) FROM cities WHERE id BETWEEN 80 AND 84")
    connection.rollback()
    return counted


def copy(connection, cursor):
    data = "90\tMödling\t1.50\n91\t\\N\t\\N\n".replace("91\t\\N", "91\tnone")
    statement_in = "COPY cities (id, name, area) FROM STDIN"
    statement_out = "COPY (SELECT * FROM cities WHERE id >= 90 ORDER BY id) TO STDOUT"
    if IS_THREE:
        with cursor.copy(statement_in) as into:
            into.write(data)
        with cursor.copy(statement_out) as out:
            copied = b"".join(bytes(part) for part in out).decode()
    else:
        cursor.copy_expert(statement_in, io.StringIO(data))
        target = io.StringIO()
        cursor.copy_expert(statement_out, target)
        copied = target.getvalue()
    connection.rollback()
    return copied == data


def repeated(cursor):
    """Often enough for psycopg 3 to prepare the statement on the server."""
    return [rows(cursor, "SELECT name FROM cities WHERE id = %s", [1 + i % 2])[0][0] for i in range(12)]


def binary(connection):
    """psycopg 3 in binary, both ways."""
    cursor = connection.cursor(binary=True)
    changed = {}
    for name, value in VALUES.items():
        found = rows(cursor, f"SELECT CAST(%b AS {name})", [value])[0][0]
        if found != value:
            changed[name] = repr(found)
    connection.rollback()
    return changed


def server_cursor(connection):
    """Rows through DECLARE and FETCH, or the code of the refusal."""
    try:
        cursor = connection.cursor(name="walk")
        cursor.execute("SELECT i FROM range(2500) r(i)")
        count = sum(1 for _ in cursor)
        cursor.close()
    except driver.Error as error:
        count = error.sqlstate if IS_THREE else error.pgcode
    connection.rollback()
    return count


def nested(connection, cursor):
    """A SAVEPOINT and back."""
    cursor.execute("INSERT INTO cities (id, name) VALUES (70, 'Lienz')")
    cursor.execute("SAVEPOINT part")
    code = code_of(cursor, "INSERT INTO cities (id, name) VALUES (70, 'taken')")[0]
    cursor.execute("ROLLBACK TO SAVEPOINT part")
    left = rows(cursor, "SELECT id FROM cities WHERE id >= 70")
    connection.rollback()
    return [code, left]


def pipelined(connection):
    """Statements sent without waiting; one that fails takes those behind it along."""
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", [i]) for i in (1, 2, 3)]
        found = [cursor.fetchone()[0] for cursor in cursors]
    connection.commit()
    code = "00000"
    try:
        with connection.pipeline():
            connection.execute("SELECT %s::int", ["x"])
            connection.execute("INSERT INTO cities (id, name) VALUES (72, 'behind')")
    except driver.errors.DataError as error:
        # Which of the calls hears of it depends on how fast the answer came.
        code = error.sqlstate
    connection.rollback()
    return [found, code, rows(connection.cursor(), "SELECT count(*) FROM cities WHERE id = %s", [72])]


def enums(connection):
    """Once registered, psycopg gives and takes members of a Python enum, by the OIDs of the catalogue."""
    import enum

    from psycopg.types.enum import EnumInfo, register_enum

    mood = enum.Enum("Mood", {"SAD": "sad", "OK": "ok", "HAPPY": "happy"})
    info = EnumInfo.fetch(connection, "mood")
    register_enum(info, connection, mood, mapping={member: member.value for member in mood})
    seen = [list(info.labels)]
    for is_binary in (False, True):
        cursor = connection.cursor(binary=is_binary)
        cursor.execute("SELECT %b, %t, %s, '{ok,NULL}'::mood[]", [mood.HAPPY, mood.SAD, [mood.OK, mood.SAD]])
        values = [[str(v) for v in value] if isinstance(value, list) else str(value) for value in cursor.fetchone()]
        seen.append([values, [column.type_display for column in cursor.description]])
    return seen


def main():
    connection = connect()
    cursor = connection.cursor()
    seen = {
        "branch": rows(cursor, "SHOW branch")[0][0],
        "cities": [[i, name, str(area)] for i, name, area in rows(cursor, "SELECT * FROM cities WHERE id < 10 ORDER BY id")],
        "uuid": str(rows(cursor, "SELECT %s::uuid", [str(uuid.UUID(int=7))])[0][0]),
        "bytes": list(bytes(rows(cursor, "SELECT %s::bytea", [b"\x00\xff\\'"])[0][0])),
        "json": rows(cursor, """SELECT '{"a": [1, null]}'::json""")[0][0],
        "null": rows(cursor, "SELECT %s::text", [None])[0][0],
        "changed": round_trips(cursor),
        "repeated": repeated(cursor),
        "transactions": transactions(connection, cursor),
        "errors": errors(connection, cursor),
        "many": many(connection, cursor),
        "copy": copy(connection, cursor),
    }
    if IS_THREE:
        seen["binary"] = binary(connection)
        seen["pipelined"] = pipelined(connection)
        seen["enums"] = enums(connection)
        connection.rollback()
    seen["nested"] = nested(connection, cursor)
    seen["server_cursor"] = server_cursor(connection)
    connection.close()
    print(json.dumps(seen))


main()

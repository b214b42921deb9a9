// One session as an application with pgx has it. Prints a line per observation; against PostgreSQL the lines are the
// expected ones. Arguments: host, port, database.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
)

var ctx = context.Background()

func say(words ...any) { fmt.Println(words...) }

// What an error says to a program.
func codeOf(err error) string {
	var known *pgconn.PgError
	if errors.As(err, &known) {
		return known.Code
	}
	return fmt.Sprint(err)
}

func rowsOf(connection *pgx.Conn, sql string, arguments ...any) string {
	rows, err := connection.Query(ctx, sql, arguments...)
	if err != nil {
		return codeOf(err)
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return fmt.Sprint(values...), err
	})
	if err != nil {
		return codeOf(err)
	}
	return strings.Join(all, "|")
}

func main() {
	settings := fmt.Sprintf("host=%s port=%s dbname='%s' user=postgres sslmode=disable", os.Args[1], os.Args[2], os.Args[3])
	modes := []pgx.QueryExecMode{
		pgx.QueryExecModeCacheStatement, pgx.QueryExecModeCacheDescribe, pgx.QueryExecModeDescribeExec,
		pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol,
	}
	for _, mode := range modes {
		config, err := pgx.ParseConfig(settings)
		if err != nil {
			panic(err)
		}
		config.DefaultQueryExecMode = mode
		connection, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			panic(err)
		}
		say("#", mode)
		enums(connection)
		types(connection)
		results(connection)
		batches(connection, mode)
		copies(connection)
		transactions(connection)
		changedTables(connection)
		cancels(connection)
		connection.Close(ctx)
	}
	whatStays(settings)
}

// One value of each type there and back, by the type its cast names.
func trip[T any](connection *pgx.Conn, name string, value T) {
	var found T
	err := connection.QueryRow(ctx, "SELECT $1::"+name, value).Scan(&found)
	if err != nil {
		say(name, codeOf(err))
		return
	}
	say(name, fmt.Sprintf("%v", found))
}

func types(connection *pgx.Conn) {
	trip(connection, "bool", true)
	trip(connection, "int2", int16(-32768))
	trip(connection, "int4", int32(2147483647))
	trip(connection, "int8", int64(-9223372036854775808))
	trip(connection, "float4", float32(0.1))
	trip(connection, "float8", -1e300)
	trip(connection, "text", "Ünï 'q' \\ \"x\" 🦆")
	trip(connection, "varchar", "")
	trip(connection, "bytea", []byte{0, 1, 0xff, 0x5c, 0x27})
	trip(connection, "date", time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC))
	trip(connection, "timestamp", time.Date(2024, 2, 29, 12, 30, 0, 123456000, time.UTC))
	trip(connection, "uuid", pgtype.UUID{Bytes: [16]byte{1, 2, 15: 7}, Valid: true}.Bytes)
	trip(connection, "time", pgtype.Time{Microseconds: 86399999999, Valid: true})
	trip(connection, "interval", pgtype.Interval{Months: 14, Days: 3, Microseconds: 4000005, Valid: true})
	trip(connection, "int4[]", []int32{1, -3})
	trip(connection, "text[]", []string{"a\"b", "c,d", ""})
	trip(connection, "jsonb", map[string]any{"a": []any{1.0, "two", nil}})
	var at time.Time
	instant := time.Date(2024, 2, 29, 12, 30, 0, 123456000, time.FixedZone("", 7200))
	err := connection.QueryRow(ctx, "SELECT $1::timestamptz", instant).Scan(&at)
	say("timestamptz", err, at.Equal(instant))
	var missing *string
	say("null", connection.QueryRow(ctx, "SELECT $1::text", nil).Scan(&missing), missing == nil)
	var amount pgtype.Numeric
	err = connection.QueryRow(ctx, "SELECT area FROM cities WHERE id = $1", 1).Scan(&amount)
	value, _ := amount.Float64Value()
	say("numeric", err, value.Float64)
}

func results(connection *pgx.Conn) {
	rows, _ := connection.Query(ctx, "SELECT id, name, area, id > 1 AS big, now() FROM cities WHERE id = $1", 1)
	for _, field := range rows.FieldDescriptions() {
		say(field.Name, field.DataTypeOID, field.DataTypeSize, field.TypeModifier)
	}
	rows.Close()
	say(rows.CommandTag())
	sum := 0
	rows, _ = connection.Query(ctx, "SELECT n FROM generate_series(1, $1) n", 5000)
	var n int
	_, err := pgx.ForEachRow(rows, []any{&n}, func() error { sum += n; return nil })
	say(sum, err, rows.CommandTag())
	say(rowsOf(connection, "SELECT id, name FROM cities WHERE id = ANY($1) ORDER BY id", []int32{2, 1}))
	for _, sql := range []string{"SELEC 1", "SELECT * FROM no_such", "SELECT 'x'::int"} {
		say(rowsOf(connection, sql))
	}
	many, err := connection.PgConn().Exec(ctx, "SELECT 1; SELECT 2, 3; UPDATE cities SET name = name").ReadAll()
	for _, result := range many {
		say(result.CommandTag, len(result.Rows))
	}
	say(err)
}

// Many statements before one Sync.
func batches(connection *pgx.Conn, mode pgx.QueryExecMode) {
	batch := &pgx.Batch{}
	batch.Queue("CREATE TEMP TABLE IF NOT EXISTS queued (id int PRIMARY KEY, name text)")
	batch.Queue("DELETE FROM queued")
	if mode == pgx.QueryExecModeExec || mode == pgx.QueryExecModeSimpleProtocol {
		say(connection.SendBatch(ctx, batch).Close())
	} else {
		// These modes describe all statements before the first runs.
		say(rowsOf(connection, "CREATE TEMP TABLE queued (id int PRIMARY KEY, name text)"))
	}
	batch = &pgx.Batch{}
	for i := 0; i < 50; i++ {
		batch.Queue("INSERT INTO queued (id, name) VALUES ($1, $2)", i, fmt.Sprint("name ", i))
	}
	batch.Queue("SELECT count(*), min(name) FROM queued WHERE id < $1", 10)
	results := connection.SendBatch(ctx, batch)
	for i := 0; i < 50; i++ {
		if tag, err := results.Exec(); err != nil || tag.RowsAffected() != 1 {
			say(i, tag, codeOf(err))
		}
	}
	var count int
	var first string
	say(results.QueryRow().Scan(&count, &first), count, first)
	say(results.Close())
	// One that fails takes all of them back.
	batch = &pgx.Batch{}
	batch.Queue("INSERT INTO queued VALUES ($1, $2)", 100, "kept?")
	batch.Queue("INSERT INTO queued VALUES ($1, $2)", 1, "twice")
	batch.Queue("DELETE FROM queued")
	results = connection.SendBatch(ctx, batch)
	for i := 0; i < 3; i++ {
		_, err := results.Exec()
		say(codeOf(err))
	}
	say(codeOf(results.Close()))
	say(rowsOf(connection, "SELECT count(*), max(id) FROM queued"))
}

// CopyFrom sends COPY's binary format.
func copies(connection *pgx.Conn) {
	transaction, err := connection.Begin(ctx)
	if err != nil {
		say(codeOf(err))
		return
	}
	defer transaction.Rollback(ctx)
	rows := [][]any{{int32(200), "Mödling"}, {int32(201), "x"}}
	count, err := transaction.CopyFrom(ctx, pgx.Identifier{"cities"}, []string{"id", "name"}, pgx.CopyFromRows(rows))
	say(count, codeOf(err))
	say(rowsOf(connection, "SELECT id, name FROM cities WHERE id >= 200 ORDER BY id"))
}

func transactions(connection *pgx.Conn) {
	transaction, err := connection.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		say(codeOf(err))
		return
	}
	_, err = transaction.Exec(ctx, "DELETE FROM cities")
	say(codeOf(err))
	say(transaction.Rollback(ctx))
	transaction, _ = connection.Begin(ctx)
	transaction.Exec(ctx, "INSERT INTO cities (id, name) VALUES ($1, $2)", 90, "one")
	nested, err := transaction.Begin(ctx)
	say(codeOf(err))
	_, err = nested.Exec(ctx, "SELECT * FROM no_such")
	say(codeOf(err), nested.Rollback(ctx))
	say(rowsOf(connection, "SELECT count(*) FROM cities WHERE id = 90"))
	say(transaction.Rollback(ctx), rowsOf(connection, "SELECT count(*) FROM cities WHERE id = 90"))
}

// An enum and its array, once pgx knows them by the OIDs of the catalogue.
func enums(connection *pgx.Conn) {
	for _, name := range []string{"mood", "_mood"} {
		kind, err := connection.LoadType(ctx, name)
		if err != nil {
			say(name, codeOf(err))
			return
		}
		connection.TypeMap().RegisterType(kind)
	}
	connection.Exec(ctx, "CREATE TEMP TABLE feelings (id int, feels mood, felt mood[])")
	_, err := connection.Exec(ctx, "INSERT INTO feelings VALUES ($1, $2, $3)", 1, "happy", []string{"sad", "ok"})
	say(codeOf(err))
	var feels string
	var felt []string
	err = connection.QueryRow(ctx, "SELECT feels, felt FROM feelings WHERE feels > $1", "ok").Scan(&feels, &felt)
	say(feels, felt, codeOf(err))
	_, err = connection.Exec(ctx, "INSERT INTO feelings VALUES ($1, $2, NULL)", 2, "bad")
	say(codeOf(err))
	connection.Exec(ctx, "DROP TABLE feelings")
}

// A cached statement whose table changed fails once and is prepared anew.
func changedTables(connection *pgx.Conn) {
	connection.Exec(ctx, "CREATE TEMP TABLE moving (a int)")
	connection.Exec(ctx, "INSERT INTO moving VALUES (1)")
	say(rowsOf(connection, "SELECT * FROM moving"), rowsOf(connection, "SELECT * FROM moving"))
	connection.Exec(ctx, "ALTER TABLE moving ADD COLUMN b text DEFAULT 'new'")
	for i := 0; i < 3; i++ {
		say(rowsOf(connection, "SELECT * FROM moving"))
	}
	connection.DeallocateAll(ctx)
	say(rowsOf(connection, "SELECT * FROM moving"))
}

func cancels(connection *pgx.Conn) {
	_, err := connection.Exec(ctx, "SET statement_timeout = 100")
	say(codeOf(err))
	say(rowsOf(connection, "SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 10000000) b WHERE a.a % 7 = b.b % 3"))
	_, err = connection.Exec(ctx, "RESET statement_timeout")
	say(codeOf(err), rowsOf(connection, "SELECT 1"))
}

// For the test to find, on this head and on no other.
func whatStays(settings string) {
	connection, err := pgx.Connect(ctx, settings)
	if err != nil {
		panic(err)
	}
	defer connection.Close(ctx)
	_, err = connection.Exec(ctx, "INSERT INTO cities (id, name) VALUES ($1, $2)", 301, "from Go")
	say(codeOf(err), rowsOf(connection, "SELECT id, name FROM cities WHERE id > 300"))
}

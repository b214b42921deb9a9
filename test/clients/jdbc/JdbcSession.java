import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.*;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TimeZone;
import java.util.UUID;
import org.postgresql.PGConnection;

/**
 * One session as an application with pgjdbc has it. Prints a line per observation; against PostgreSQL the lines are the
 * expected ones. Arguments: host, port, database.
 */
public class JdbcSession {
  static String url;

  interface Step {
    void run(Connection connection) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("America/New_York"));
    url = "jdbc:postgresql://" + arguments[0] + ":" + arguments[1] + "/" + URLEncoder.encode(arguments[2], StandardCharsets.UTF_8);
    step("start-up", JdbcSession::startUp);
    step("types", JdbcSession::types);
    step("results", JdbcSession::results);
    step("portals", JdbcSession::portals);
    step("transactions", JdbcSession::transactions);
    step("batches", JdbcSession::batches, "reWriteBatchedInserts", "false");
    step("rewritten batches", JdbcSession::batches, "reWriteBatchedInserts", "true");
    step("generated keys", JdbcSession::generatedKeys);
    step("savepoints", JdbcSession::savepoints);
    step("autosave", JdbcSession::autosave, "autosave", "always");
    step("changed tables", JdbcSession::changedTables, "prepareThreshold", "1");
    step("copy", JdbcSession::copy);
    step("metadata", JdbcSession::metadata);
    step("announced", JdbcSession::announced);
    step("announced in binary", JdbcSession::announced, "prepareThreshold", "-1");
    step("time zones", JdbcSession::timeZones);
    step("limits", JdbcSession::limits);
    step("simple protocol", JdbcSession::portals, "preferQueryMode", "simple");
    step("what stays", JdbcSession::whatStays);
  }

  /** Each step has a connection of its own, and a failure is an observation like any other. */
  static void step(String name, Step step, String... options) {
    say("# " + name);
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    for (int i = 0; i < options.length; i += 2) properties.setProperty(options[i], options[i + 1]);
    try (Connection connection = DriverManager.getConnection(url, properties)) {
      step.run(connection);
    } catch (SQLException exception) {
      say("failed: " + exception.getSQLState() + " " + exception.getMessage().lines().findFirst().orElse(""));
    } catch (Exception exception) {
      say("failed: " + exception);
    }
  }

  static void say(Object... words) {
    System.out.println(String.join(" ", Arrays.stream(words).map(String::valueOf).toArray(String[]::new)));
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      return rowsOf(rows);
    }
  }

  static String rowsOf(ResultSet rows) throws SQLException {
    int count = rows.getMetaData().getColumnCount();
    StringBuilder found = new StringBuilder();
    while (rows.next()) {
      for (int i = 1; i <= count; i++) found.append(i == 1 ? "[" : ", ").append(rows.getString(i));
      found.append("]");
    }
    return found.toString();
  }

  static String codeOf(Connection connection, String sql) {
    try {
      execute(connection, sql);
      return "done";
    } catch (SQLException exception) {
      return exception.getSQLState();
    }
  }

  static void startUp(Connection connection) throws Exception {
    DatabaseMetaData about = connection.getMetaData();
    say(about.getDatabaseProductName(), about.getDatabaseMajorVersion(), about.getDriverName());
    for (String name : List.of("application_name", "extra_float_digits", "DateStyle", "client_encoding", "TimeZone"))
      say(name, query(connection, "SHOW " + name));
    say(connection.getAutoCommit(), connection.isReadOnly(), connection.getSchema(), connection.isValid(5));
    connection.setClientInfo("ApplicationName", "renamed");
    say(connection.getClientInfo("ApplicationName"), query(connection, "SHOW application_name"));
    ((PGConnection) connection).getParameterStatuses().keySet().stream()
        .filter(name -> List.of("server_encoding", "integer_datetimes", "standard_conforming_strings").contains(name))
        .sorted().forEach(JdbcSession::say);
  }

  /** Often enough for the driver to name the statement, and then to send and take binary. */
  static void types(Connection connection) throws Exception {
    OffsetDateTime instant = OffsetDateTime.parse("2024-02-29T12:30:00.123456+02:00");
    Object[][] cases = {
      {"boolean", true}, {"smallint", (short) -32768}, {"int", 2147483647}, {"bigint", Long.MIN_VALUE},
      {"real", 0.1f}, {"double precision", -1e300}, {"double precision", Double.NaN},
      {"numeric(20,4)", new BigDecimal("-1234567890123456.7891")},
      {"text", "Ünï 'q' \\ \"x\" 🦆"}, {"varchar", ""}, {"uuid", UUID.fromString("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")},
      {"date", LocalDate.of(2024, 2, 29)}, {"date", Date.valueOf("0900-01-01")}, {"time", LocalTime.of(23, 59, 59, 999999000)},
      {"timestamp", LocalDateTime.of(2024, 2, 29, 12, 30, 0, 123456000)}, {"timestamp", Timestamp.valueOf("1969-12-31 23:59:59.5")},
      {"timestamptz", instant}, {"timestamptz", Timestamp.from(instant.toInstant())},
      {"bytea", new byte[] {0, 1, (byte) 0xff, 0x5c, 0x27}},
    };
    for (Object[] each : cases) {
      try (PreparedStatement statement = connection.prepareStatement("SELECT ?::" + each[0])) {
        List<String> seen = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
          statement.setObject(1, each[1]);
          try (ResultSet rows = statement.executeQuery()) {
            rows.next();
            Object found = rows.getObject(1);
            String shown = found instanceof byte[] bytes ? Arrays.toString(bytes) : String.valueOf(found);
            if (!seen.contains(shown)) seen.add(shown);
          }
        }
        say(each[0], seen);
      } catch (SQLException exception) {
        say(each[0], exception.getSQLState(), exception.getMessage());
      }
    }
    arrays(connection);
  }

  static void arrays(Connection connection) throws Exception {
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?::int[], ?::text[], ?::int IS NULL")) {
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        statement.setArray(1, connection.createArrayOf("int4", new Object[] {1, null, -3}));
        statement.setArray(2, connection.createArrayOf("text", new Object[] {"a\"b", "c,d", null, ""}));
        statement.setNull(3, Types.INTEGER);
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          String shown = Arrays.toString((Object[]) rows.getArray(1).getArray())
              + Arrays.toString((Object[]) rows.getArray(2).getArray()) + rows.getBoolean(3);
          if (!seen.contains(shown)) seen.add(shown);
        }
      }
      say("arrays", seen);
    }
  }

  static void results(Connection connection) throws Exception {
    String sql = "SELECT id, name, area, now() AS at, id > 1 AS big, name || 'x' AS both FROM cities ORDER BY id";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      ResultSetMetaData about = statement.getMetaData();
      for (int i = 1; i <= about.getColumnCount(); i++)
        say(about.getColumnName(i), about.getColumnTypeName(i), about.getColumnClassName(i), about.getColumnType(i));
      say(about.getPrecision(3), about.getScale(3));
    }
    try (PreparedStatement statement = connection.prepareStatement("SELECT name FROM cities WHERE id = ? AND area > ?")) {
      ParameterMetaData about = statement.getParameterMetaData();
      say(about.getParameterCount(), about.getParameterTypeName(1), about.getParameterTypeName(2));
    }
    try (Statement statement = connection.createStatement()) {
      statement.setMaxRows(3);
      say(rowsOf(statement.executeQuery("SELECT generate_series(1, 10)")));
      boolean more = statement.execute("SELECT 1; SELECT 'two'; UPDATE cities SET name = name");
      while (more || statement.getUpdateCount() != -1) {
        say(more ? rowsOf(statement.getResultSet()) : statement.getUpdateCount());
        more = statement.getMoreResults();
      }
    }
    try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY);
        ResultSet rows = statement.executeQuery("SELECT generate_series(1, 5) AS n")) {
      rows.absolute(4);
      int four = rows.getInt("n");
      rows.previous();
      say(four, rows.getInt("n"), rows.last(), rows.getRow());
    }
  }

  /** With a fetch size and inside a transaction, rows come a portion at a time from one portal. */
  static void portals(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    for (String text : List.of("SELECT generate_series(1, 2500) AS n", "SELECT n FROM generate_series(1, 2500) AS n WHERE n > ?")) {
      try (PreparedStatement statement = connection.prepareStatement(text)) {
        statement.setFetchSize(100);
        if (text.endsWith("?")) statement.setInt(1, 0);
        long sum = 0;
        try (ResultSet rows = statement.executeQuery()) {
          while (rows.next()) {
            sum += rows.getInt(1);
            // Another statement while the portal is open.
            if (rows.getInt(1) % 500 == 0) sum += Long.parseLong(query(connection, "SELECT 1000000").replaceAll("[\\[\\]]", ""));
          }
        }
        say(sum);
      }
    }
    try (Statement outer = connection.createStatement(); Statement inner = connection.createStatement()) {
      outer.setFetchSize(3);
      inner.setFetchSize(2);
      StringBuilder pairs = new StringBuilder();
      try (ResultSet one = outer.executeQuery("SELECT generate_series(1, 7)"); ResultSet two = inner.executeQuery("SELECT generate_series(11, 17)")) {
        while (one.next() && two.next()) pairs.append(one.getInt(1)).append('-').append(two.getInt(1)).append(' ');
      }
      say(pairs);
    }
    connection.rollback();
  }

  static void transactions(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    execute(connection, "INSERT INTO cities (id, name) VALUES (100, 'Linz')");
    connection.rollback();
    say(query(connection, "SELECT count(*) FROM cities WHERE id = 100"));
    say(codeOf(connection, "SELECT * FROM no_such"), codeOf(connection, "SELECT 1"));
    connection.rollback();
    say(codeOf(connection, "INSERT INTO cities (id, name) VALUES (1, 'again')"));
    connection.rollback();
    connection.setReadOnly(true);
    say(codeOf(connection, "DELETE FROM cities"));
    connection.rollback();
    connection.setReadOnly(false);
    try (PreparedStatement statement = connection.prepareStatement("UPDATE cities SET area = area + ? WHERE id = ?")) {
      for (int i = 0; i < 8; i++) {
        statement.setBigDecimal(1, new BigDecimal("0.25"));
        statement.setInt(2, 1);
        statement.executeUpdate();
      }
    }
    say(query(connection, "SELECT area FROM cities WHERE id = 1"));
    connection.rollback();
  }

  static void batches(Connection connection) throws Exception {
    execute(connection, "CREATE TEMP TABLE many (id int PRIMARY KEY, name text, amount numeric(10,2), at timestamp)");
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement("INSERT INTO many (id, name, amount, at) VALUES (?, ?, ?, ?)")) {
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 100; i++) {
          statement.setInt(1, round * 100 + i);
          statement.setString(2, i % 10 == 0 ? null : "name " + i);
          statement.setBigDecimal(3, BigDecimal.valueOf(i, 2));
          statement.setTimestamp(4, Timestamp.valueOf("2024-01-01 00:00:00"));
          statement.addBatch();
        }
        int[] counts = statement.executeBatch();
        say(counts.length, Arrays.stream(counts).distinct().boxed().toList());
      }
    }
    connection.commit();
    say(query(connection, "SELECT count(*), count(name), sum(amount), max(at) FROM many"));
    try (Statement statement = connection.createStatement()) {
      statement.addBatch("UPDATE many SET name = 'x' WHERE id < 10");
      statement.addBatch("DELETE FROM many WHERE id >= 200");
      statement.addBatch("INSERT INTO many (id) VALUES (1)");
      statement.addBatch("DELETE FROM many");
      statement.executeBatch();
    } catch (BatchUpdateException exception) {
      say(exception.getSQLState(), Arrays.toString(exception.getUpdateCounts()));
    }
    connection.rollback();
    say(query(connection, "SELECT count(*) FROM many"));
  }

  static void generatedKeys(Connection connection) throws Exception {
    execute(connection, "CREATE TEMP TABLE keyed (id int PRIMARY KEY, name text DEFAULT 'none')");
    try (PreparedStatement statement = connection.prepareStatement("INSERT INTO keyed (id) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
      statement.setInt(1, 7);
      say(statement.executeUpdate());
      try (ResultSet keys = statement.getGeneratedKeys()) {
        say(rowsOf(keys));
      }
      for (int i = 0; i < 4; i++) {
        statement.setInt(1, 10 + i);
        statement.addBatch();
      }
      say(Arrays.toString(statement.executeBatch()));
      try (ResultSet keys = statement.getGeneratedKeys()) {
        say(rowsOf(keys));
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("UPDATE keyed SET name = ? WHERE id < ?", new String[] {"id", "name"})) {
      statement.setString(1, "changed");
      statement.setInt(2, 9);
      say(statement.executeUpdate());
      try (ResultSet keys = statement.getGeneratedKeys()) {
        say(rowsOf(keys));
      }
    }
  }

  static void savepoints(Connection connection) throws Exception {
    execute(connection, "CREATE TEMP TABLE saved (n int)");
    connection.setAutoCommit(false);
    execute(connection, "INSERT INTO saved VALUES (1)");
    Savepoint savepoint = connection.setSavepoint("before");
    say(codeOf(connection, "SELECT * FROM no_such"), codeOf(connection, "SELECT 1"));
    connection.rollback(savepoint);
    execute(connection, "INSERT INTO saved VALUES (2)");
    connection.releaseSavepoint(savepoint);
    connection.commit();
    say(query(connection, "SELECT n FROM saved ORDER BY n"));
  }

  static void autosave(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?::text::int")) {
      for (String text : List.of("5", "five", "2")) {
        statement.setString(1, text);
        try (ResultSet rows = statement.executeQuery()) {
          say(rowsOf(rows));
        } catch (SQLException exception) {
          say(exception.getSQLState());
        }
      }
    }
    connection.commit();
  }

  static void changedTables(Connection connection) throws Exception {
    execute(connection, "CREATE TEMP TABLE moving (a int)");
    execute(connection, "INSERT INTO moving VALUES (1)");
    try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM moving")) {
      say(rowsOf(statement.executeQuery()));
      say(rowsOf(statement.executeQuery()));
      execute(connection, "ALTER TABLE moving ADD COLUMN b text DEFAULT 'new'");
      say(rowsOf(statement.executeQuery()));
    }
    execute(connection, "DEALLOCATE ALL");
    say(query(connection, "SELECT a FROM moving"));
  }

  static void copy(Connection connection) throws Exception {
    connection.setAutoCommit(false);
    var manager = ((PGConnection) connection).getCopyAPI();
    say(manager.copyIn("COPY cities (id, name, area) FROM STDIN", new StringReader("200\tMödling\t1.50\n201\tx\t\\N\n")));
    StringWriter out = new StringWriter();
    say(manager.copyOut("COPY (SELECT * FROM cities WHERE id >= 200 ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", out));
    say(out.toString().replace('\n', '|'));
    connection.rollback();
  }

  static void metadata(Connection connection) throws Exception {
    DatabaseMetaData about = connection.getMetaData();
    try (ResultSet rows = about.getTables(null, "public", "cit%", new String[] {"TABLE", "VIEW"})) {
      while (rows.next()) say(rows.getString("TABLE_SCHEM"), rows.getString("TABLE_NAME"), rows.getString("TABLE_TYPE"));
    }
    try (ResultSet rows = about.getColumns(null, "public", "cities", null)) {
      while (rows.next())
        say(rows.getString("COLUMN_NAME"), rows.getInt("DATA_TYPE"), rows.getString("TYPE_NAME"), rows.getInt("COLUMN_SIZE"),
            rows.getInt("DECIMAL_DIGITS"), rows.getString("IS_NULLABLE"), rows.getInt("ORDINAL_POSITION"), rows.getString("COLUMN_DEF"));
    }
    try (ResultSet rows = about.getPrimaryKeys(null, "public", "cities")) {
      while (rows.next()) say(rows.getString("COLUMN_NAME"), rows.getInt("KEY_SEQ"), rows.getString("PK_NAME"));
    }
    try (ResultSet rows = about.getIndexInfo(null, "public", "cities", true, true)) {
      while (rows.next()) say(rows.getString("INDEX_NAME"), rows.getString("COLUMN_NAME"), rows.getBoolean("NON_UNIQUE"));
    }
    try (ResultSet rows = about.getImportedKeys(null, "public", "cities")) {
      say(rowsOf(rows));
    }
    List<String> types = new ArrayList<>();
    try (ResultSet rows = about.getTypeInfo()) {
      while (rows.next()) types.add(rows.getString("TYPE_NAME"));
    }
    say(types.containsAll(List.of("bool", "int2", "int4", "int8", "float8", "numeric", "text", "varchar", "timestamptz", "uuid", "bytea")));
    try (ResultSet rows = about.getTableTypes()) {
      List<String> found = new ArrayList<>();
      while (rows.next()) found.add(rows.getString(1));
      say(found.containsAll(List.of("TABLE", "VIEW")));
    }
    say(about.getIdentifierQuoteString(), about.getMaxColumnNameLength(), about.supportsTransactions());
  }

  /** What a result says of its columns: types, modifiers, tables. */
  static void announced(Connection connection) throws Exception {
    String sql = "SELECT id, name AS called, area, area + 1 AS more, 'x'::varchar(5) AS v, '{}'::jsonb AS j, 'pg_class'::regclass::oid AS o FROM cities";
    try (Statement statement = connection.createStatement(); ResultSet rows = statement.executeQuery(sql)) {
      ResultSetMetaData about = rows.getMetaData();
      for (int i = 1; i <= about.getColumnCount(); i++)
        say(about.getColumnLabel(i), about.getColumnTypeName(i), about.getTableName(i), about.getPrecision(i), about.getScale(i), about.isNullable(i));
    }
    execute(connection, "CREATE TEMP TABLE feelings (id int, feels mood, felt mood[])");
    try (PreparedStatement statement = connection.prepareStatement("INSERT INTO feelings VALUES (?, ?, ?) RETURNING feels, felt")) {
      statement.setInt(1, 1);
      statement.setObject(2, "happy", Types.OTHER);
      statement.setArray(3, connection.createArrayOf("mood", new Object[] {"sad", null}));
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        say(rows.getMetaData().getColumnTypeName(1), rows.getMetaData().getColumnTypeName(2));
        say(rows.getString(1), Arrays.toString((Object[]) rows.getArray(2).getArray()), rows.getArray(2).getBaseTypeName());
      }
    }
    try (PreparedStatement statement = connection.prepareStatement("SELECT count(*) FROM feelings WHERE feels > ?")) {
      statement.setObject(1, "ok", Types.OTHER);
      try (ResultSet rows = statement.executeQuery()) {
        rows.next();
        say(rows.getInt(1), statement.getParameterMetaData().getParameterTypeName(1));
      }
    }
  }

  static void timeZones(Connection connection) throws Exception {
    say(query(connection, "SELECT '2024-07-01 12:00:00+00'::timestamptz, '2024-01-01 12:00:00+00'::timestamptz"));
    execute(connection, "SET TIME ZONE 'Asia/Kolkata'");
    say(query(connection, "SELECT '2024-07-01 12:00:00+00'::timestamptz, '2024-07-01'::date"));
    try (PreparedStatement statement = connection.prepareStatement("SELECT ?::timestamptz, ?::timestamp")) {
      List<String> seen = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        statement.setTimestamp(1, Timestamp.valueOf("2024-03-10 02:30:00"));
        statement.setTimestamp(2, Timestamp.valueOf("2024-11-03 01:30:00"));
        try (ResultSet rows = statement.executeQuery()) {
          rows.next();
          String shown = rows.getTimestamp(1) + " " + rows.getTimestamp(2) + " " + rows.getObject(1, OffsetDateTime.class).toInstant();
          if (!seen.contains(shown)) seen.add(shown);
        }
      }
      say(seen);
    }
  }

  static void limits(Connection connection) throws Exception {
    try (Statement statement = connection.createStatement()) {
      statement.setQueryTimeout(1);
      statement.executeQuery("SELECT count(*) FROM generate_series(1, 2000000000) a, generate_series(1, 2000000000) b WHERE a.a % 7 = b.b % 3");
    } catch (SQLException exception) {
      say(exception.getSQLState());
    }
    say(query(connection, "SELECT 1"));
    connection.setNetworkTimeout(Runnable::run, 5000);
    say(connection.getNetworkTimeout(), codeOf(connection, "SET statement_timeout = 0"));
  }

  /** For the test to find, on this head and on no other. */
  static void whatStays(Connection connection) throws Exception {
    execute(connection, "INSERT INTO cities (id, name) VALUES (300, 'from Java')");
    say(query(connection, "SELECT id, name FROM cities ORDER BY id"));
  }
}

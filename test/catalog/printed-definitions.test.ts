/** Defaults, checks, keys of indexes and views' queries as PostgreSQL 15 prints them, on main and on a branch. */
import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../cli/test-app.js";
import { hasPostgres, startPostgres, type PostgresServer } from "../support/postgres.js";
import { runScript, USER } from "./fixture.js";
import type { Address } from "../support/wire-client.js";

const SCRIPT = `
create schema sales;
create sequence people_seq;
create type mood as enum ('sad', 'ok');
create type sales.status as enum ('new', 'paid');
create domain posint as integer default 1 check (value > 0);
create table people (id int primary key, name varchar(30) not null default 'nobody', age int, "Odd One" text default 'it''s',
  m mood default 'ok', balance numeric(12,2) default 0, born date, seen timestamptz default now(), ok boolean default true,
  tags text[] default '{}', doc jsonb default '{"a": 1}', score float8 default 1.5, big bigint default 5000000000,
  wait interval default '90 minutes', code char(2) default 'ab', low text default lower('ABC'), neg int default -1,
  sum int default (1 + 2) * 3, day date default current_date, later timestamptz default now() + interval '1 day',
  nothing text default null, who text default current_user, at time default '10:00',
  check (age between 0 and 150), check ("Odd One" <> ''), check (name in ('a', 'b', 'nobody')), check (balance > -5 or age is null),
  check (not (ok and age > 3)), check (lower(name) = name and length("Odd One") > 2), check (code like 'a%'), check (age % 2 = 0),
  check (m = 'ok' or m <> 'sad'), check (coalesce(score, 0) >= 0), check (born > '2000-01-01'), check (big = 3 or big = 4 or age = 5));
create table sales.orders (id int primary key, person int not null, qty int not null, price numeric(10,2) not null,
  total numeric(12,2) generated always as (qty * price) stored, st sales.status default 'new', note text);
create index by_lower on people (lower(name), age);
create index by_sum on people ((age + big));
create unique index by_two on sales.orders (person, id);
create view v_plain as select id, name as full_name from people;
create view v_all as select * from sales.orders;
create view v_filter as select id from people where (age > 21 and name = 'x') or ok or balance * 2 + 1 > score order by name desc, 1 limit 10 offset 1;
create view v_join as select o.id, p.name, o.qty * o.price as amount from sales.orders o join people p on p.id = o.person where o.st = 'paid';
create view sales.v_left as select p.id, count(o.id) as n, sum(o.total) as total, avg(o.qty) as a from people p left join sales.orders o on o.person = p.id group by p.id having count(o.id) > 1 order by count(o.id);
create view v_with as with big as (select person, sum(qty) as q from sales.orders group by person) select p.name, b.q from big b join people p on p.id = b.person;
create view v_case as select id, case when age < 30 then 'young' else name end as bracket, coalesce(name, 'none') as n, upper(name) as u from people;
create view v_set as select id from people union all select person from sales.orders except select 3 as id order by 1;
create view v_sub as select id from people where id in (select person from sales.orders) and not exists (select 1 from people x where x.id = people.age) and age = (select max(age) from people);
create view v_window as select id, row_number() over (partition by name order by balance desc) as rn, sum(age) over (order by id rows between unbounded preceding and current row) as s from people;
create view v_cast as select id::text as t, balance::int as b, '2020-01-01'::date as d, extract(year from born) as y, born + interval '1 day' as i, name || '-' || id as j, doc ->> 'a' as k, id::numeric / 3 as third, ok is true as yes, seen at time zone 'utc' as z from people;
create view v_distinct as select distinct on (name) name, age from people order by name, age desc;
create view v_values as select v.id, v.name from (values (1, 'a'), (2, 'b')) v(id, name), generate_series(1, 2) g(i);
create view v_using as select id, age from people join sales.orders using (id) cross join (select 1 as one) t;
create view v_of_view as select full_name from v_plain where id not in (1, 2);
create table typed (id int primary key, a varchar(7), b char(3), c numeric(6,2), d timestamp(0), e timestamptz(3), f time(2), g json, h interval(2), i varchar(4)[],
  j posint, k varchar, l jsonb, m bpchar);
create view v_typed as select * from typed;
create view v_typed_again (a, b) as select t.a, t.b, t.c, t.j, t.g as doc, t.i[1] as el, (select x.a from typed x limit 1) as inner_a from v_typed t;
create view v_typed_casts as select a::varchar(2) as a2, cast(b as char(2)) as b2, c::numeric(4,1) as c1, e::timestamp(2) as e2, d::timestamptz(1) as d1, f::time(0) as f0, a::text as t, id::numeric as n from typed;
create view v_typed_made as select upper(a) as u, a || 'x' as ax, coalesce(a, k) as ak, c * 2 as cc, sum(c) as s, max(e) as latest, min(c) as least from typed group by a, k, c;
create view v_typed_set as select a, c from typed union all select k, 1.5 from typed;
create view v_natural as select * from typed natural join (select id, 1 as one from people) p;
create view v_frames as select id, sum(age) over (partition by ok order by id desc rows between 1 preceding and current row) as a, avg(age) over (order by id rows between unbounded preceding and 2 following exclude ties) as b, count(*) filter (where ok) over (order by born range between interval '1 day' preceding and interval '2 days' following) as c, lag(age, 1, 0) over (order by id groups between 3 preceding and 1 preceding exclude current row) as d from people;
create view v_grouped as select name, age, count(*) as n, grouping(name)::int as g from people group by grouping sets ((name, age), (age), ());
create view v_ordered as select ok, percentile_cont(0.5) within group (order by age) as m, percentile_disc(0.25) within group (order by born desc) as d from people group by ok;
create view v_lateral as select p.id, x.n, y.i from people p, lateral (select count(*) as n from sales.orders o where o.person = p.id) x cross join lateral (select p.age + 1 as i) y;
create view v_remains as select id % 3 as a, big % 3 as b, qty % big as c, (array[age, 1])[1] as d from people join sales.orders using (id);
create domain plain as text;
create table domained (p posint, q plain, j jsonb, r real, a int[], t timestamp);
create table typed_documents (j jsonb check (jsonb_typeof(j) = 'object'), k jsonb check (jsonb_array_length(k) > 1), check (jsonb_typeof(j) in ('object', 'array')));
create table narrow (id int, s smallint, r real, d date, ti time, tz timestamptz, iv interval, n int, num numeric(10,2));
create view v_narrow as select id, s*300 as x, r*0.1 as y, d - date '2024-01-01' as z, ti - time '01:00' as w, iv/2 as v, sum(r) over () as q, r*n as rn, s / 7 as s7, d - '2024-01-01' as dd, n/2/3 as n23, iv / (n+1) as ivn, tz::time as u, (tz + interval '1 day')::time as u1 from narrow;
create view v_reals as select 1.1::real as x, s::real as y, s::float8 as z, s::double precision as w from narrow;
create table narrow_kept (s smallint default 200::smallint * 3, r real default 1.1::real, d date default date '2024-02-01' - 3, ti time, tz timestamptz, iv interval, f float8 default 1.1::real * 0.1,
  n int default date '2024-02-01' - date '2024-01-01', x int generated always as (s*300) stored, y float8 generated always as (r*0.1) stored, z int generated always as (d - date '2024-01-01') stored,
  check (s * 300 < 100000), check (r <> 1.1), check (d - date '2024-01-01' < 10), check (coalesce(s, 0) * 300 >= 0), check (ti - time '01:00' > interval '1 hour'), check (iv / 2 < interval '10 days'), check (tz::time > '01:00'));
create view v_narrow_compared as select coalesce(s, 0) as cs, greatest(s, 1) as g, nullif(r, 1.1) as nu, r is distinct from 1.1 as di, max(d) over () - d as days from narrow where r = 1.1 or r <> num or r in (1.1, 2.2) or r between 1.1 and 2.2 or r > 1;
create view v_domained_in as select p in (1, 2) as one, q in ('x', 'y') as two, case when q in ('a', 'b') then 1 else 2 end as three from domained where p not in (3, 4);
create view v_domained as select p + 1 as a, q = 'x' as b, lower(q) as c, p, q from domained where p > 5;
create view v_operands as select j ? 'a' as a, j - 'a' as b, r = 1.5 as c, a[1:2] as d, concat_ws('-', p, q) as e, nextval('people_seq') as f, to_timestamp(p) as g,
  p ^ 2 as h, p # 2 as i, avg(p) filter (where r > 1) over () as k from domained where p not between 1 and 3 and t > '2020-01-01 10:00' and to_date(q, 'YYYY') is null;
create view v_averages as select avg(p) filter (where r > 1) as a, avg(distinct p) as b, corr(p, r) as c from domained;
create view v_rows as values (1, 'a'), (2, 'b');
create view v_equal as select a from typed where (a, k) = ('x', 'y') and l #>> '{a,b}' = 'c' and l #> '{a,0}' is null`;

const FORMS = ["", ", false", ", true"];
const QUERIES = [
  ...["", ", true"].map(
    (form) =>
      `SELECT attrelid::regclass::text, attname, attgenerated, pg_get_expr(adbin, adrelid${form}) FROM pg_attrdef JOIN pg_attribute
       ON attrelid = adrelid AND attnum = adnum ORDER BY 1, attnum`,
  ),
  // Of checks nobody named PostgreSQL counts those of the table after those of columns.
  ...FORMS.map(
    (form) =>
      `SELECT pg_get_constraintdef(oid${form}) FROM pg_constraint WHERE contypid = 0 AND conrelid > 16000 ORDER BY 1`,
  ),
  ...FORMS.map(
    (form) =>
      `SELECT relname, pg_get_viewdef(oid${form}) FROM pg_class WHERE relkind = 'v' AND relnamespace IN ('public'::regnamespace, 'sales'::regnamespace) ORDER BY 1`,
  ),
  "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname IN ('public', 'sales') ORDER BY 1",
  `SELECT pg_get_indexdef('by_lower'::regclass, 1, true), pg_get_indexdef('by_sum'::regclass, 1, false), pg_get_indexdef('by_sum'::regclass, 1, true)`,
  "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid IN ('by_lower'::regclass, 'by_sum'::regclass) ORDER BY attrelid::regclass::text, attnum",
  `SELECT table_name, column_name, column_default, is_generated, generation_expression FROM information_schema.columns
   WHERE table_schema IN ('public', 'sales') AND table_name IN ('people', 'orders') ORDER BY 1, ordinal_position`,
  "SELECT table_name, view_definition FROM information_schema.views WHERE table_schema IN ('public', 'sales') ORDER BY 1",
  "SELECT typname, typdefault FROM pg_type WHERE typname = 'posint'",
  `SELECT attrelid::regclass::text, attname, atttypid::regtype::text, format_type(atttypid, atttypmod) FROM pg_attribute
   WHERE attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'v' AND oid > 16000 AND relname <> 'v_natural') ORDER BY attrelid::regclass::text, attnum`,
  `SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, datetime_precision, domain_name FROM information_schema.columns
   WHERE table_name LIKE 'v\\_typed%' ORDER BY 1, ordinal_position`,
];

async function answers(address: Address, database: string): Promise<unknown[]> {
  const client = new Client({ ...address, user: USER, database });
  await client.connect();
  const all = [];
  for (const text of QUERIES) all.push((await client.query({ text, rowMode: "array" })).rows);
  await client.end();
  return all;
}

/** On a branch: a column more, which makes its table the branch's own, and a view of its own text. */
const ON_BRANCH = `
alter table people add column extra text default 'e';
create view v_windows as select p.id, row_number() over w as rn, sum(p.age) over (w rows between 1 preceding and current row) as s, rank() over v as r from people p
  window w as (partition by p.ok order by p.born desc nulls last), v as (order by p.id);
create view v_rolled as select ok, name, count(*) as n from people group by rollup (ok, (name, age)), cube (born, code);
create view v_own as select p.extra, count(*) as n, substring(p.extra from 2) as s from people p group by p.extra, substring(p.extra from 2)`;

describe.skipIf(!hasPostgres)("definitions are printed as PostgreSQL 15 prints them", () => {
  let app: TestApp;
  let oracle: PostgresServer;
  beforeAll(async () => {
    [app, oracle] = await Promise.all([startTestApp(), startPostgres()]);
    await runScript(app.address, "main", SCRIPT);
    await runScript(oracle.address, "postgres", SCRIPT);
  }, 60_000);
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await oracle[Symbol.asyncDispose]();
  });

  test("on main", { timeout: 60_000 }, async () => {
    const expected = await answers(oracle.address, "postgres");
    const actual = await answers(app.address, "main");
    for (const [at, query] of QUERIES.entries()) expect(actual[at], query).toEqual(expected[at]);
  });

  test("on a branch, with what it changed", { timeout: 60_000 }, async () => {
    await runScript(app.address, "main", "create branch work");
    await runScript(app.address, "main/work", ON_BRANCH);
    await runScript(oracle.address, "postgres", ON_BRANCH);
    const expected = await answers(oracle.address, "postgres");
    const actual = await answers(app.address, "main/work");
    for (const [at, query] of QUERIES.entries()) expect(actual[at], query).toEqual(expected[at]);
  });
});

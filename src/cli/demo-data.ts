/**
 * The tutorial's data: customers, products and 100,000 orders over 2025. Every value follows from its row's number, so
 * each run shows the same figures.
 */

export const ORDER_COUNT = 100_000;

/** Statements that make and fill the tables, to be run on main. */
export const DEMO_TABLES: readonly string[] = [
  `CREATE TABLE customers (
     customer_id int PRIMARY KEY, name text NOT NULL, country text NOT NULL, credit_limit decimal(10,2) NOT NULL)`,
  `CREATE TABLE products (
     product_id int PRIMARY KEY, name text NOT NULL, category text NOT NULL, tier text NOT NULL,
     price decimal(10,2) NOT NULL CHECK (price >= 0))`,
  `CREATE TABLE orders (
     order_id int PRIMARY KEY, customer_id int NOT NULL, product_id int NOT NULL, quantity int NOT NULL,
     order_date date NOT NULL)`,
  `INSERT INTO customers
   SELECT n, 'Customer ' || n, CASE n % 4 WHEN 0 THEN 'CZ' WHEN 1 THEN 'DE' WHEN 2 THEN 'PL' ELSE 'AT' END, 1000 + n % 9 * 500
   FROM generate_series(1, 1000) AS s(n)`,
  `INSERT INTO products
   SELECT n, CASE n % 3 WHEN 0 THEN 'Enterprise' WHEN 1 THEN 'Business' ELSE 'Starter' END || ' plan ' || n,
     CASE n % 3 WHEN 0 THEN 'enterprise' WHEN 1 THEN 'business' ELSE 'starter' END, 'standard', 9.99 + n * 37 % 12 * 25
   FROM generate_series(1, 12) AS s(n)`,
  `INSERT INTO orders
   SELECT n, 1 + n * 7919 % 1000, 1 + n * 31 % 12, 1 + n * 13 % 9, DATE '2025-01-01' + (n * 97 % 365)::int
   FROM generate_series(1, ${ORDER_COUNT}) AS s(n)`,
];

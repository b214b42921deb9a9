{{ config(materialized='view') }}
select id as order_id, customer, ordered_on, amount from {{ ref('raw_orders') }}

{{ config(
    materialized='table',
    indexes=[{'columns': ['customer'], 'unique': true}],
    post_hook="insert into {{ target.schema }}.hooks values ('customers')"
) }}
select customer, count(*) as orders, sum(amount) as amount
from {{ ref('stg_orders') }}
group by customer

{{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_id', on_schema_change='append_new_columns') }}
select order_id, customer, ordered_on{% if var('more', false) %}, 'new'::text as note{% endif %}

from {{ ref('stg_orders') }}
{% if is_incremental() %} where ordered_on >= (select max(ordered_on) from {{ this }}) {% endif %}

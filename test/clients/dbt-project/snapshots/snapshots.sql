{% snapshot orders_by_time %}
{{ config(unique_key='id', strategy='timestamp', updated_at='updated_at') }}
select * from {{ ref('raw_orders') }}
{% endsnapshot %}

{% snapshot orders_by_value %}
{{ config(unique_key='id', strategy='check', check_cols=['customer', 'amount'], hard_deletes='invalidate') }}
select * from {{ ref('raw_orders') }}
{% endsnapshot %}

-- Grain: one row per acquisition channel.
select channel, name_en, name_zh
from {{ ref('channels') }}

-- Grain: one row per acquisition channel.
-- The names that dashboards show for a channel.
select channel, name_en, name_zh
from {{ ref('channels') }}

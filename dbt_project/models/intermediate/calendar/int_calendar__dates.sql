-- Grain: one row per calendar date from 2000 to 2100, the span of dates that ingestion accepts.
-- A spine for daily rows: ranges are joined to it instead of being generated, which every engine can do.
select business_date
from {{ date_series('2000-01-01', '2100-12-31') }} as dates

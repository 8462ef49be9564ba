-- One row per ticker: the currency that its figures are in, and how many of that currency one quoted unit is.
--
-- Stored, so that what a fetch writes anew of a ticker every day (when, or why it failed) stops here: prices and trades
-- depend on nothing else of it. What its owner prices themself trades on no exchange: the days on which a price was typed are
-- no sessions of anything.
select
  a.ticker,
  a.currency,
  a.unit_factor,
  a.asset_class = 'crypto' or a.source = 'manual' as is_always_open
from bronze.raw_assets as a

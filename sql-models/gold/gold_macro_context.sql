-- One row per calendar day: the regime and the indicators as known on that day, ready for a chart.
--
-- is_nber_recession alone is hindsight, shown for comparison: whether that month was later dated a recession.
select
  regimes.date,
  regimes.regime,
  regimes.regime_start,
  regimes.days_in_regime,
  regimes.fed_stance,
  regimes.cycle_phase,
  regimes.fed_funds,
  regimes.yield_10y,
  regimes.curve_10y2y,
  regimes.breakeven_inflation_10y,
  regimes.inflation_yoy,
  regimes.unemployment,
  regimes.sahm_gap,
  regimes.production_growth_6m,
  regimes.industrial_production_yoy,
  recession.value = 1 as is_nber_recession
from
  fct_macro_regimes as regimes
  left join stg_fred_macro as recession
    on recession.series_id = 'USREC' and recession.observation_date = date_trunc('month', regimes.date::timestamp)::date

-- What is held of one ticker after a trade, and what it cost, without a list of lots: what everything sold so far cost
-- under FIFO comes with the trade (see int_positions). The fold before it (holding_after) copied its lots with every
-- trade, so that 15,000 open lots took four seconds; versions of models that call it stay published until they are
-- replaced, and can be rolled back to.
create type public.position as (
  units numeric,
  cost numeric,
  removed_cost numeric,
  fifo_cost numeric
);

-- One trade: units above 0 bought for `amount` (fee included), or units below 0 sold. The cost that a sale removes is
-- subtracted, never computed from what stays: what is removed and what stays always add up to what was paid. fifo_cost:
-- of all that was sold up to this sale; null: the moving average, rounded once, to 12 decimals.
create function public.apply_trade(
  state public.position, units numeric, amount numeric, fifo_cost numeric
)
returns public.position
language plpgsql
immutable
parallel safe
as $$
declare
  removed numeric := 0;
begin
  if units > 0 then
    state.cost := state.cost + amount;
  else
    removed := case
      when state.units + units <= 0 then state.cost -- a full exit: nothing is left, of no digit
      when fifo_cost is null then round(state.cost * -units / state.units, 12)
      else fifo_cost - state.fifo_cost
    end;
    state.cost := case when state.units + units <= 0 then 0 else state.cost - removed end;
    state.fifo_cost := fifo_cost;
  end if;
  state.units := state.units + units;
  state.removed_cost := removed;
  return state;
end
$$;

create aggregate public.position_after(units numeric, amount numeric, fifo_cost numeric) (
  sfunc = public.apply_trade,
  stype = public.position,
  initcond = '(0,0,0,0)',
  parallel = safe
);

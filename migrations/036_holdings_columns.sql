-- Which columns a person wants to see of their holdings, in the order of the page; null: those that everybody begins with.

alter table public.portfolio_choices
  add column holdings_columns text[] check (cardinality(holdings_columns) <= 20);

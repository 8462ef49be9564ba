/** Assets of a person's own, for their export. */
import { z } from "zod";
import { decimal, instant } from "../values.ts";

const asset = { ticker: z.string(), name: z.string(), asset_class: z.string(), currency: z.string() };
const price = { ticker: z.string(), date: z.iso.date(), price: decimal, entered_at: instant };

export const ownAssetTables = {
  own_assets: {
    row: z.object(asset),
    columns: Object.keys(asset),
    select: `
      select ticker, name, asset_class, currency
      from bronze.raw_assets
      where owner_id = $1
      order by ticker`,
  },
  own_prices: {
    row: z.object(price),
    columns: Object.keys(price),
    select: `
      select ticker, price_date as date, trim_scale(close) as price, raw_prices.fetched_at as entered_at
      from bronze.raw_assets
      join bronze.raw_prices using (ticker)
      where owner_id = $1
      order by ticker, price_date`,
  },
};

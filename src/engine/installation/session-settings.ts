/**
 * Settings that change what a SELECT gives: every session of the engine, and of those who read what it publishes, has
 * these. Under another time zone `created_at::date` is another day.
 */
export const sessionSettings: Readonly<Record<string, string>> = {
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  xmlbinary: "base64",
  xmloption: "content",
  lc_monetary: "C",
  lc_numeric: "C",
  lc_time: "C",
  timezone_abbreviations: "Default",
  default_text_search_config: "pg_catalog.simple",
  transform_null_equals: "off",
  array_nulls: "on",
};

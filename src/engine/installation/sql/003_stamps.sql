-- For readers that keep what they computed: equal stamps, equal answers.

-- Which code is published, of all assets together.
create function orchestrator.code_stamp()
returns text
language sql
stable
as $$
  select md5(string_agg(concat(asset, ' ', code_version), ' ' order by asset))
  from orchestrator.assets
$$;

-- Which rows are published, as far as one partition value is concerned. personal: the assets whose rows are of single values,
-- and which the version of the value stands for; of the others the data version counts.
create function orchestrator.data_stamp(partition_column text, partition_value text, personal text[])
returns text
language sql
stable
as $$
  select
    (
      select
        concat_ws(
          ' ',
          sum(data_version) filter (where asset <> all(data_stamp.personal)),
          md5(string_agg(relation, ' ' order by asset))
        )
      from orchestrator.assets
    )
    || (
      select concat(' ', sum(version))
      from orchestrator.partition_versions as versions
      where versions.partition_column = data_stamp.partition_column
        and (versions.partition_value = data_stamp.partition_value or versions.partition_value is null)
    )
$$;

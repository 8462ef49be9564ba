-- What waits of a few partition values is looked up with each portion that a refresh takes of many.
create index changes_partition_value_idx on orchestrator.changes (partition_value, asset);

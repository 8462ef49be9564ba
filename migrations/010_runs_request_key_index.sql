-- How often what a sensor asks for has failed is looked up by key, among all runs there ever were.
create index runs_request_key_idx on orchestrator.runs (request_key, run_id) where request_key is not null;

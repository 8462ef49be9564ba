-- What is not a model: the tables of the sources, and the role that may read. An application's own migrations make them.
do $$
begin
  create role weather_reader nologin;
exception
  when duplicate_object or unique_violation then null; -- roles belong to the server, which may hold another such database
end
$$;

create schema if not exists weather;

create table if not exists weather.stations (
  station text primary key,
  name text not null,
  region text not null
);

create table if not exists weather.readings (
  station text not null,
  observed_at timestamptz not null,
  observed_on date not null,
  celsius numeric not null,
  primary key (station, observed_at)
);

grant usage on schema weather to weather_reader;
grant select on weather.stations, weather.readings to weather_reader;

-- The web says that it is ready when the database holds every migration it was written for.
grant select on public.migrations to stratafolio_web;

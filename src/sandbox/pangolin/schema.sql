-- Pangolin. One JSON document per thing; times in them are microseconds since 1970 on the sandbox's clock.
create table if not exists pangolin_rows (
    number integer primary key,
    kind text not null,
    id text not null,
    body text not null,
    unique (kind, id)
) strict;

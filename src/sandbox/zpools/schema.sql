-- zpools. Times are microseconds since 1970 on the sandbox's clock; scopes are a JSON array.
create table if not exists zpools_users (
    name text primary key,
    password text not null
) strict;

create table if not exists zpools_pats (
    key_id text primary key,
    user text not null references zpools_users (name) on delete cascade,
    label text not null,
    scopes text not null,
    hash text not null unique,
    created integer not null,
    expiry integer,
    hard_expiry integer not null,
    revoked integer not null default 0,
    last_used integer,
    last_ip text,
    last_ua text,
    usage_count integer not null default 0,
    token_ver integer not null default 1
) strict;

create index if not exists zpools_pats_by_age on zpools_pats (user, created, key_id);

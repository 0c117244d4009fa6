-- Kitaru, generation K. Times are microseconds since 1970 on the sandbox's clock; ids sort by age.
create table if not exists kitaru_k_accounts (
    id text primary key,
    name text not null,
    email text,
    is_service_account integer not null,
    is_admin integer not null,
    active integer not null,
    metadata text not null default '{}',
    password text,
    activation_token text,
    created integer not null,
    updated integer not null,
    unique (name, is_service_account)
) strict;

-- Names are unique on the whole server, although everybody sees only their own keys.
create table if not exists kitaru_k_api_keys (
    id text primary key,
    owner_id text not null references kitaru_k_accounts (id),
    name text not null unique,
    hash text not null,
    previous_hash text,
    retain_period_minutes integer not null default 0,
    active integer not null default 1,
    last_used integer,
    last_rotated integer,
    created integer not null,
    updated integer not null
) strict;

create index if not exists kitaru_k_api_keys_by_owner on kitaru_k_api_keys (owner_id, id);

create table if not exists kitaru_k_devices (
    id text primary key,
    account_id text references kitaru_k_accounts (id),
    user_code text not null,
    device_code text not null,
    status text not null,
    locked integer not null default 0,
    trusted integer not null default 0,
    failed_auth_attempts integer not null default 0,
    expires integer,
    last_login integer,
    hostname text,
    os text,
    python_version text,
    client_version text,
    created integer not null,
    updated integer not null
) strict;

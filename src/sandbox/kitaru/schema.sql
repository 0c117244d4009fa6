-- Kitaru, generation Z. Times are microseconds since 1970 on the sandbox's clock.
create table if not exists kitaru_users (
    id text primary key,
    name text not null unique,
    full_name text not null default '',
    email text,
    email_opted_in integer not null default 0,
    active integer not null,
    is_admin integer not null,
    password text,
    activation_token text,
    password_changed_at integer,
    created integer not null,
    updated integer not null
) strict;

create table if not exists kitaru_service_accounts (
    id text primary key,
    name text not null unique,
    full_name text not null default '',
    description text not null default '',
    avatar_url text,
    active integer not null,
    created integer not null,
    updated integer not null
) strict;

create table if not exists kitaru_api_keys (
    id text primary key,
    service_account text not null references kitaru_service_accounts (id) on delete cascade,
    name text not null,
    description text not null default '',
    hash text not null,
    previous_hash text,
    generation integer not null default 1,
    retain_period_minutes integer not null default 0,
    active integer not null default 1,
    created integer not null,
    updated integer not null,
    last_login integer,
    last_rotated integer,
    unique (service_account, name)
) strict;

create index if not exists kitaru_api_keys_by_age on kitaru_api_keys (service_account, created, id);

create table if not exists kitaru_devices (
    id text primary key,
    client_id text not null unique,
    user_id text references kitaru_users (id) on delete cascade,
    device_code text not null,
    user_code text not null,
    status text not null,
    trusted_device integer not null default 0,
    failed_auth_attempts integer not null default 0,
    expires integer,
    hostname text,
    os text,
    zenml_version text,
    python_version text,
    ip_address text,
    last_login integer,
    created integer not null,
    updated integer not null
) strict;

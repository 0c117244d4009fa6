-- FoxNose. Times are microseconds since 1970 on the sandbox's clock; lists and bodies are JSON.
create table if not exists foxnose_people (
    email text primary key,
    password text not null
) strict;

create table if not exists foxnose_refreshes (
    hash text primary key,
    email text not null,
    spent integer not null default 0
) strict;

-- Organisations, projects, environments, API objects and collections: what hangs under what.
create table if not exists foxnose_nodes (
    key text primary key,
    kind text not null,
    parent text not null,
    body text not null
) strict;

create table if not exists foxnose_connections (
    api text not null references foxnose_nodes (key),
    collection text not null references foxnose_nodes (key),
    path text not null,
    methods text not null,
    primary key (api, collection)
) strict;

create table if not exists foxnose_resources (
    key text primary key,
    collection text not null references foxnose_nodes (key),
    external text,
    data text not null,
    created integer not null,
    unique (collection, external)
) strict;

create table if not exists foxnose_roles (
    key text primary key,
    environment text not null references foxnose_nodes (key),
    kind text not null,
    name text not null,
    description text,
    full_access integer not null default 0,
    created integer not null
) strict;

create table if not exists foxnose_permissions (
    role text not null references foxnose_roles (key) on delete cascade,
    content_type text not null,
    actions text not null,
    all_objects integer,
    primary key (role, content_type)
) strict;

create table if not exists foxnose_objects (
    role text not null references foxnose_roles (key) on delete cascade,
    content_type text not null,
    object_key text not null,
    primary key (role, content_type, object_key)
) strict;

-- `role` has no reference: what deleting a role does to its keys is a switch.
create table if not exists foxnose_keys (
    key text primary key,
    environment text not null references foxnose_nodes (key),
    kind text not null,
    description text,
    public text not null unique,
    secret text not null,
    mask text not null,
    role text,
    created integer not null,
    bearer text unique,
    bearer_prefix text,
    bearer_issued integer
) strict;

create index if not exists foxnose_keys_by_age on foxnose_keys (environment, kind, created, key);

"""The command-line tool of Kitaru 0.21.0, unchanged, through every `auth` command: URL USERNAME PASSWORD."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

url, username, password = sys.argv[1:]
home = Path(tempfile.mkdtemp(prefix="keywright-client-"))
config = home / "config"
config.mkdir()
# An entry with name and password is how the tool is logged in without a browser.
entry = f"{url}:\n  username: {username}\n  password: {password}\n  url: {url}\n"
(config / "credentials.yaml").write_text(entry)
(config / "config.yaml").write_text(
    f"store:\n  type: rest\n  url: {url}\n  verify_ssl: false\nuser_id: 2b5ba0d6-4a64-4c0d-93f8-6cf1b6d2a2d0\n"
)
environment = dict(
    PATH=os.environ.get("PATH", ""),
    HOME=str(home),
    KITARU_CONFIG_PATH=str(config),
    KITARU_ANALYTICS_OPT_IN="false",
    ZENML_ANALYTICS_OPT_IN="false",
)


def kitaru(*arguments, fails=False):
    command = [str(Path(sys.executable).parent / "kitaru"), "auth", *arguments]
    done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert (done.returncode != 0) == fails, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    if fails or "json" not in arguments:
        return done.stdout
    # A first line about the active stack may come before the JSON.
    return json.loads(done.stdout[done.stdout.index("{"):])


name = f"cli-{time.time_ns()}"
token = kitaru("token").split()[-1]
assert token.count(".") == 2, token
made = kitaru("service-accounts", "create", name, "--description", "by the tool", "-o", "json")["item"]
assert made["name"] == name, made
kitaru("service-accounts", "create", name, fails=True)
assert name in [item["name"] for item in kitaru("service-accounts", "list", "-o", "json")["items"]]
key = kitaru("api-keys", "create", name, "default", "-o", "json")["item"]
assert key["key"].startswith("ZENKEY_") and len(key["key"]) == 167, key
shown = kitaru("api-keys", "show", name, "default", "-o", "json")["item"]
assert shown["api_key_id"] == key["api_key_id"] and not shown.get("key"), shown
new = kitaru("api-keys", "rotate", name, "default", "--retain-minutes", "5", "-o", "json")["item"]
assert new["key"] != key["key"] and new["api_key_id"] == key["api_key_id"], new
listed = kitaru("api-keys", "list", name, "-o", "json")
assert [item["retain_period_minutes"] for item in listed["items"]] == [5], listed
kitaru("api-keys", "delete", name, "default", "--yes")
kitaru("api-keys", "show", name, "default", fails=True)
kitaru("service-accounts", "delete", name, "--yes")
kitaru("service-accounts", "show", name, fails=True)

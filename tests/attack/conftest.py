"""Attacks: a part runs always; the campaigns that take minutes run with `KF_MCP_LONG=1 pytest tests/attack`."""

import os

CAMPAIGNS = [
    *("test_hostile_addresses.py", "test_hostile_answers.py", "test_hostile_messages.py", "test_hostile_text.py"),
    *("test_kills.py", "test_machine.py", "test_matrix.py", "test_races.py", "test_secrets.py", "test_soak.py"),
    *("test_trail_checked.py", "test_trail_clock.py", "test_trail_disk.py"),
]

collect_ignore = [] if os.environ.get("KF_MCP_LONG") else CAMPAIGNS

"""What all tests share: where the public data lies, and how hypothesis behaves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Deadlines measure the machine, not the code; a fixed seed makes a failure reproducible by anyone.
settings.register_profile(
    "mapper", deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("mapper")

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The shared data folder; the test is skipped where it is absent."""
    folder = Path(os.environ.get("MAPPER_DATA", PROJECT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"shared data not found at {folder} (set MAPPER_DATA)")
    return folder

"""The configuration of the demonstration and its schema."""

import pytest
import yaml


@pytest.fixture(scope="module")
def schema(root):
    return yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())


@pytest.fixture
def config(root):
    return yaml.safe_load((root / "config/config.yaml").read_text())

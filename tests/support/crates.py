"""Validation of RO-Crates without network."""

import json
from importlib.resources import files

from requests_cache import CachedRequest, CachedResponse, CachedSession

CONTEXT = "https://w3id.org/ro/crate/1.1/context"
# Where the terms of RO-Crate 1.1 differ from those of the version that ro-crate-py has; it lacks sha256.
TERMS_OF_1_1 = {
    "ComputationalWorkflow": "https://bioschemas.org/ComputationalWorkflow",
    "FormalParameter": "https://bioschemas.org/FormalParameter",
    "input": "https://bioschemas.org/ComputationalWorkflow#input",
    "output": "https://bioschemas.org/ComputationalWorkflow#output",
}


def store_context(cache):
    """Put the JSON-LD context of RO-Crate 1.1 where the validator looks for what it would download."""
    document = json.loads(files("rocrate").joinpath("data/ro-crate.jsonld").read_text())
    document["@context"] |= TERMS_OF_1_1
    del document["@context"]["sha256"]
    response = CachedResponse(
        url=CONTEXT,
        status_code=200,
        headers={"Content-Type": "application/ld+json"},
        content=json.dumps(document).encode(),
        request=CachedRequest(method="GET", url=CONTEXT),
    )
    CachedSession(str(cache), backend="sqlite", expire_after=-1).cache.save_response(response)


def validate_crate(run, crate, scratch):
    """Return what the validator finds wrong with a Provenance Run Crate; it may skip no check."""
    store_context(scratch / "cache")
    result = run(
        *("rocrate-validator", "--no-interactive", "validate", "--offline", "--cache-path", scratch / "cache"),
        *("--profile-identifier", "provenance-run-crate-0.5", "--no-auto-profile"),
        *("--output-format", "json", "--output-file", scratch / "found.json", crate),
    )
    found = json.loads((scratch / "found.json").read_text())
    assert found["skipped_checks"] == 0, found["skipped_check_details"]
    assert found["passed"] == (result.returncode == 0) == (not found["issues"]), result.stdout + result.stderr
    return [issue["message"] for issue in found["issues"]]

"""The whole chain by the cluster's profile: on one rank without MPI, on two of one node, and on two nodes of two."""

import json
from collections import Counter

import pandas as pd

from support.runs import MODELS


def test_every_stage_has_its_result_and_no_job_is_left(chain):
    results = chain.directory / "results"
    assert (results / "report.html").read_text().rstrip().endswith("</html>")
    trained = pd.read_csv(results / "tables/throughput.csv")
    assert (
        len(trained) == len(pd.read_csv(results / "tables/metrics.csv")) > 0
        and (trained["images_per_second"] > 0).all()
    )
    assert chain.slurm.jobs() == {}
    assert not list(chain.directory.rglob("*.partial*"))
    status, output = chain.run("-n")
    assert status == 0 and "Nothing to be done" in output


def test_the_scaling_study_has_all_numbers_of_workers(chain):
    scaling = pd.read_csv(chain.directory / "results/tables/scaling.csv")
    assert sorted(scaling["workers"]) == [1, 2, 4]
    assert (scaling["images_per_second"] > 0).all()


def test_the_model_is_checked_without_the_largest_number(chain):
    model = f"results/tables/scaling_model/{MODELS}.json"
    check = json.loads((chain.directory / model).read_text())["check"]
    assert (check["workers"], check["fitted_to_workers"]) == (4, [2])
    assert check["low"] <= check["predicted_images_per_second"] <= check["high"]
    assert check["measured_images_per_second"] > 0


def test_ranks_are_spread_over_nodes_gpus_and_cores(chain):
    for workers in (1, 2, 4):
        training, log = chain.study(workers)
        ranks = training["ranks"]
        assert [place["rank"] for place in ranks] == list(range(workers))
        for place in ranks:
            assert f"rank {place['rank']} on {place['host']}: local rank {place['local_rank']}" in log
        if chain.slurm.namespaces:
            hosts = Counter(place["host"] for place in ranks)
            assert set(hosts) <= set(chain.slurm.nodes)
            assert sorted(hosts.values()) == {1: [1], 2: [2], 4: [2, 2]}[workers]
            for host in hosts:
                places = [place for place in ranks if place["host"] == host]
                assert [place["local_rank"] for place in places] == [0, 1][: len(places)]
                # SLURM may give a single rank either of its node's GPUs.
                assert len({place["gpu"] for place in places} & {"0", "1"}) == len(places)
                assert len({core for place in places for core in place["cores"]}) >= len(places)

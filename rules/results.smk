"""All results of the experiment."""


def results_of_all_stages(wildcards):
    """Return all files that the experiment makes, from the first simulation to the report.

    They are asked for by name, because Snakemake does not remake an intermediate file that is missing since its job
    failed, as long as newer results exist: these would then be reported for a configuration that they do not belong to.
    """
    wait_for_sweeps()
    return [
        *for_all_simulations("<results>/datasets/{dataset}/simulations/{group}/snapshots.hdf5"),
        *for_all_simulations("<results>/datasets/{dataset}/simulations/{group}/images.hdf5"),
        *map(image_file, EXPERIMENT["datasets"]),
        *expand("<results>/datasets/{name}/catalogue.csv", name=EXPERIMENT["datasets"]),
        *expand("<results>/samples/{name}/subset.hdf5", name=SELECTIONS),
        *expand("<results>/samples/{name}/{file}", name=SAMPLES, file=["split.csv", "classes.csv", "properties.csv"]),
        *expand("<results>/samples/{name}/{split}.hdf5", name=SAMPLES, split=["train", "validation", "test"]),
        *for_all_runs("<results>/models/{run}/model.keras"),
        *for_all_scored("<results>/models/{run}/predictions.hdf5"),
        *for_all_scored("<results>/models/{run}/validation_predictions.hdf5"),
        *for_all_scored("<results>/models/{run}/metrics.json"),
        *for_all_runs("<results>/models/{run}/examples.hdf5"),
        *expand("<results>/samples/{name}/{file}", name=SAMPLES, file=["morphology.csv", "baselines.hdf5"]),
        *for_all_runs("<results>/models/{run}/dater.zip"),
        *study_files("epochs.jsonl"),
        *OBSERVED_RESULTS,
        *expand("<results>/encoders/{encoder}/walk.hdf5", encoder=ENCODER_NAMES),
        *expand("<results>/encoders/{encoder}/observed.hdf5", encoder=SEARCHING_NAMES),
        *expand("<results>/tables/similar/{encoder}.csv", encoder=SEARCHING_NAMES),
        *expand(
            "<results>/tables/{table}/{run}.csv", table=["observed_reference", "observed_agreement"], run=COMPARED_NAMES
        ),
        *expand(f"{OF_EXPERIMENT}/tables/{{table}}.csv", table=["metrics", "summary", "skill", "throughput", "claims"]),
        "<results>/tables/scaling.csv",
        *KEPT_FILES,
        *expand("<results>/tables/baselines/{name}.csv", name=SCORED_SAMPLES),
        *expand("<results>/tables/scaling_model/{study}.json", study=MODELLED_STUDIES),
        *for_all_scored("<results>/tables/errors/{run}.csv"),
        *for_all_scored("<results>/tables/intervals/{run}.csv"),
        *expand("<results>/tables/isolated/{run}.csv", run=ISOLATED_NAMES),
        *expand("<results>/tables/properties/{run}.csv", run=PROPERTY_NAMES),
        *for_all_runs("<results>/tables/novelty/{run}.csv"),
        *expand("<results>/models/{run}/robustness.hdf5", run=ROBUST_NAMES),
        *expand("<results>/tables/robustness/{run}.csv", run=ROBUST_NAMES),
        *expand(
            "<results>/encoders/{run}/{file}",
            run=ENCODER_NAMES,
            file=["latent.hdf5", "reconstructions.hdf5", "searches.hdf5"],
        ),
        *expand("<results>/encoders/{run}/{stage}/model.keras", run=ENCODER_NAMES, stage=["autoencoder", "vae"]),
        *expand("<results>/tables/encoders/{table}/{run}.csv", run=ENCODER_NAMES, table=["reconstruction", "latent"]),
        *expand("<results>/models/{run}/model.keras", run=SWEEP_NAMES),
        *expand("<results>/tables/sweeps/{sweep}.csv", sweep=SWEEPS),
        *figure_files("<results>/figures", SUBJECTS, f"{OF_EXPERIMENT}/figures"),
        f"{OF_EXPERIMENT}/report.html",
    ]


def trainings_of_sweeps(wildcards):
    """Return what takes long and does not depend on what is chosen of sweeps: it is made before that, if there are any."""
    if not SWEEPS:
        return []
    others = [EXPERIMENT_RUN.format(**run) for run in RUNS if run["model"] not in SWEPT]
    return [
        *expand("<results>/models/{run}/model.keras", run=[*SWEEP_NAMES, *others]),
        *expand("<results>/samples/{name}/baselines.hdf5", name=SAMPLES),
        *study_files("epochs.jsonl"),
    ]


def scores_of_sweeps(wildcards):
    """Return the scores of what is tested of sweeps."""
    wait_for_sweeps()
    runs = [run for run in RUNS if run["model"].partition(SWEEP)[0] in SWEPT]
    return [f"<results>/models/{EXPERIMENT_RUN.format(**run)}/metrics.json" for run in runs]

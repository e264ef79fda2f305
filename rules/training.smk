"""Training of one model on one sample, by one process or by several under Horovod.

Parameters: `models: <model>`, and `seed`; the number of workers is part of the path. How they are started and where they run
are resources, so that a run is not repeated because it was made elsewhere.
Results: <run>/model.keras, classes.csv, properties.csv, train_log.txt, epochs.jsonl and training.json. While it trains, <run>/checkpoints
holds what a retry resumes from; it is not an output, since Snakemake deletes outputs before a retry.
"""


rule train_model:
    """Train a model; its progress is on the screen, everything else in the log file."""
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<sample>/classes.csv",
        properties="<sample>/properties.csv",
        weights=weights_to_begin_with,
        background=background_of_model,
        autoencoder=autoencoder_of_model,
    output:
        model="<run>/model.keras",
        classes="<run>/classes.csv",
        properties="<run>/properties.csv",
        epochs="<run>/epochs.jsonl",
        train_log="<run>/train_log.txt",
        training="<run>/training.json",
    log:
        "<logs>/train_model/<run_name>.log",
    benchmark:
        "<benchmarks>/train_model/<run_name>.tsv"
    conda:
        "../envs/train.yaml"
    envmodules:
        *MACHINE["envmodules"],
    threads: cores_for_training
    resources:
        **training_resources(cores_per_rank),
    params:
        options=model_options,
        files=options_of_files,
        directory=subpath(output.model, parent=True),
        seed=stage_seed("train", "repeat"),
        code=code_digest("deepgalaxy/train.py"),
    shell:
        """
        trap : TERM HUP # the shell waits for the checkpoint that training saves on these signals
        export DEEPGALAXY_LOG={log:q}
        {resources.launcher} python -m deepgalaxy.train \
            --train={input.train:q} --validation={input.validation:q} --classes={input.classes:q} \
            --properties={input.properties:q} --output={params.directory:q} --workers={wildcards.workers} --threads={resources.cpus_per_task} \
            --seed={params.seed} \
            --launched-by={resources.launcher:q} \
            --memory-budget-mib={resources.image_memory_mib} --gpu-memory-mib={resources.gpu_memory_mib} \
            --checkpoint-minutes={resources.checkpoint_minutes} --stall-minutes={resources.stall_minutes} \
            {params.options:q} {params.files:q}
        """

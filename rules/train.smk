"""Training of one model on one sample, by one process or by several under Horovod.

Parameters: `models: <model>`, and `seed`; the number of workers is part of the path.
Results: <run>/model.keras, classes.csv, train_log.txt, epochs.jsonl and training.json. While it trains, <run>/checkpoints
holds what a retry goes on from; it is no output, since Snakemake deletes outputs before a retry.
"""


rule train_model:
    """Train a model; its progress is on the screen, everything else in the log file."""
    input:
        train="<sample>/train.hdf5",
        validation="<sample>/validation.hdf5",
        classes="<sample>/classes.csv",
    output:
        model="<run>/model.keras",
        classes="<run>/classes.csv",
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
        *config["envmodules"],
    threads: cores_for_training
    resources:
        mem_mb=scaled(8000),
        image_memory_mib=scaled(config["memory_budget_mib"]),
        checkpoint_minutes=config["checkpoint_minutes"],
        stall_minutes=config["stall_minutes"],
        gpu_memory_mib=config["gpu_memory_mib"],
        runtime=scaled(240),
    params:
        launcher=launcher,
        options=model_options,
        directory=subpath(output.model, parent=True),
        seed=stage_seed("train", "repeat"),
        code=code_digest("deepgalaxy/train.py"),
    shell:
        """
        : >{log:q}
        {params.launcher:q} python -m deepgalaxy.train \
            --train={input.train:q} --validation={input.validation:q} --classes={input.classes:q} \
            --output={params.directory:q} --workers={wildcards.workers} --threads={threads} --seed={params.seed} \
            --memory-budget-mib={resources.image_memory_mib} --gpu-memory-mib={resources.gpu_memory_mib} \
            --checkpoint-minutes={resources.checkpoint_minutes} --stall-minutes={resources.stall_minutes} \
            {params.options:q} 2>>{log:q} | tee -ia {log:q}
        """

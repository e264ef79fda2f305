"""Let a model with a sweep be what was chosen of it."""

import shutil

from deepgalaxy.files import whole_file
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "take_chosen"):
        for trained, taken in zip(snakemake.input, snakemake.output, strict=True):
            with whole_file(taken) as path:
                shutil.copyfile(trained, path)

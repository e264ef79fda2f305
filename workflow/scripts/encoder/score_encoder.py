"""Score an encoder-decoder, and the spaces of its vectors, beside what they have to beat."""

import pandas as pd

from deepgalaxy.dataset.layout import read_pericentres
from deepgalaxy.encoder.scores import score_reconstructions, score_spaces
from deepgalaxy.files import write_table
from deepgalaxy.logs import script_log

if __name__ == "__main__":
    with script_log(snakemake.log[0], "score_encoder"):
        found, seed = snakemake.input, snakemake.params.seed
        split, morphology = (pd.read_csv(found[name]) for name in ("split", "morphology"))
        write_table(score_reconstructions(found.reconstructions, split, seed), snakemake.output.reconstruction)
        prepared = {name: found[name] for name in ("train", "test")}
        pericentres_myr = read_pericentres(found.subset)
        table, searches = score_spaces(found.latent, prepared, morphology, split, pericentres_myr, seed)
        searches.write(snakemake.output.searches)
        write_table(table, snakemake.output.latent)

"""Run under mpirun by test_nccl.py: print what a rank is given by Horovod, as a line of JSON."""

import json

import numpy as np
import tensorflow as tf

from deepgalaxy.training.ranks.communicator import HorovodRanks
from deepgalaxy.training.ranks.place import claim_gpu

ranks = HorovodRanks()
claim_gpu(ranks.local_rank, 0)
mine = tf.constant([1.0, 10.0]) * (ranks.rank + 1)
(mean,) = tf.function(ranks.average)([mine])
given = {
    "between_gpus": ranks.between_gpus,
    "total": ranks.total(np.array([ranks.rank + 1])).tolist(),
    "mean": mean.numpy().tolist(),
    "device": mean.device.split(":")[-2],
    "ranks": len(ranks.gather("rank")),
}
print(json.dumps(given), flush=True)

"""The TensorFlow original of musicnn as a peer for `benchmarks.tagging`; runs in an environment of its own.

Reads patches (.npy) named on the command line; for each line on standard input runs the model once over them and
prints the seconds it took. The last line of output, at the end of input, is the file the tags were written to.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import tensorflow as tf
from musicnn import configuration, models


def _threads(count: int) -> tf.compat.v1.ConfigProto:
    return tf.compat.v1.ConfigProto(intra_op_parallelism_threads=count, inter_op_parallelism_threads=1)


def main(source: str, target: str, model: str, threads: str) -> None:
    warnings.simplefilter("ignore")  # of functions that TensorFlow has left behind since
    patches = np.load(source)
    labels = configuration.MSD_LABELS if model.startswith("MSD") else configuration.MTT_LABELS
    tf.compat.v1.disable_eager_execution()
    with tf.name_scope("model"):
        x = tf.compat.v1.placeholder(tf.float32, [None, *patches.shape[1:]])
        training = tf.compat.v1.placeholder(tf.bool)
        y, *_ = models.define_model(x, training, model, len(labels))
        tags = tf.nn.sigmoid(y)
    session = tf.compat.v1.Session(config=_threads(int(threads)))
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.train.Saver().restore(session, f"{Path(models.__file__).parent / model}/")
    feed = {x: patches, training: False}
    answer = session.run(tags, feed)
    print("ready", flush=True)
    for _ in sys.stdin:
        begun = time.perf_counter()
        answer = session.run(tags, feed)
        print(time.perf_counter() - begun, flush=True)
    np.save(target, answer)


if __name__ == "__main__":
    main(*sys.argv[1:])

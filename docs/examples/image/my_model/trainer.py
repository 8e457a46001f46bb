"""A logistic regression that tells taxi trips with a large tip by fare and payment type."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

PAYMENTS = ("Cash", "Credit Card")
SPEC = {
    "fare": tf.io.FixedLenFeature([1], tf.float32, default_value=[0.0]),
    "payment_type": tf.io.FixedLenFeature([1], tf.string, default_value=[""]),
}


def features(serialized: Any) -> Any:
    """Returns one row of numbers for each serialized example."""
    parsed = tf.io.parse_example(serialized, SPEC)
    payment = tf.cast(tf.equal(parsed["payment_type"], tf.constant([PAYMENTS])), tf.float32)
    return tf.concat([tf.math.log1p(tf.maximum(parsed["fare"], 0.0)), payment], axis=1)


def run_fn(fn_args: Any) -> None:
    """Trains and exports; pipeline.yaml names it `my_model.trainer.run_fn`."""

    def labelled(serialized: Any) -> Any:
        label = {"big_tipper": tf.io.FixedLenFeature([1], tf.int64)}
        return features(serialized), tf.io.parse_example(serialized, label)["big_tipper"]

    tf.keras.utils.set_random_seed(7)
    files = tf.data.Dataset.list_files(fn_args.train_files, shuffle=False)
    rows = tf.data.TFRecordDataset(files, compression_type="GZIP")
    model = tf.keras.Sequential(
        [tf.keras.Input(shape=(1 + len(PAYMENTS),)), tf.keras.layers.Dense(1, "sigmoid")]
    )
    model.compile(optimizer=tf.keras.optimizers.Adam(0.05), loss="binary_crossentropy")
    batches = rows.shuffle(20_000, seed=7).repeat().batch(64).map(labelled)
    model.fit(batches, steps_per_epoch=fn_args.train_steps, shuffle=False, verbose=0)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: Any) -> Any:
        return {"outputs": model(features(examples))}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})

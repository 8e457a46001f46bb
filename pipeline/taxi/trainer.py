"""A small Keras model that predicts a tip above 20% of the fare; works on both stacks."""

from __future__ import annotations

from typing import Any

LABEL = "big_tipper"
NUMERIC = ("fare", "trip_miles", "trip_seconds", "trip_start_hour", "trip_start_day")
PAYMENT_TYPES = ("Cash", "Credit Card", "Dispute", "No Charge", "Pcard", "Prcard", "Unknown")
BATCH_SIZE = 64
INTEGERS = frozenset({"trip_seconds", "trip_start_hour", "trip_start_day"})


def _parsing_spec() -> dict[str, Any]:
    import tensorflow as tf

    def one(kind: Any, default: Any) -> Any:
        return tf.io.FixedLenFeature([1], kind, default_value=[default])

    spec = {
        name: one(tf.int64, 0) if name in INTEGERS else one(tf.float32, 0.0) for name in NUMERIC
    }
    return {**spec, "payment_type": one(tf.string, b"Unknown")}


def _features(parsed: dict[str, Any]) -> Any:
    """Turns parsed examples into one matrix: log of numbers, then one-hot payment type."""
    import tensorflow as tf

    numbers = [
        tf.math.log1p(tf.maximum(tf.cast(parsed[name], tf.float32), 0.0)) for name in NUMERIC
    ]
    matches = tf.cast(tf.equal(parsed["payment_type"], tf.constant([PAYMENT_TYPES])), tf.float32)
    return tf.concat([*numbers, matches], axis=1)


def _dataset(patterns: list[str], seed: int) -> Any:
    import tensorflow as tf

    label = {LABEL: tf.io.FixedLenFeature([1], tf.int64)}

    def parse(serialized: Any) -> tuple[Any, Any]:
        parsed = tf.io.parse_example(serialized, {**_parsing_spec(), **label})
        return _features(parsed), tf.cast(parsed[LABEL], tf.float32)

    files = tf.data.Dataset.list_files(patterns, shuffle=False)
    records = tf.data.TFRecordDataset(files, compression_type="GZIP")
    shuffled = records.shuffle(20_000, seed=seed).repeat()
    return shuffled.batch(BATCH_SIZE).map(parse).prefetch(2)


def run_fn(fn_args: Any) -> None:
    """Trains and exports; the entry point that TFX Trainer calls.

    The signature `serving_default` takes serialized tf.Examples, as TFMA feeds them.
    """
    import tensorflow as tf

    seed = int((fn_args.custom_config or {}).get("seed", 7))
    tf.keras.utils.set_random_seed(seed)
    model = tf.keras.Sequential(
        [
            tf.keras.Input(shape=(len(NUMERIC) + len(PAYMENT_TYPES),)),
            tf.keras.layers.Dense(16, activation="relu"),
            tf.keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss="binary_crossentropy")
    model.fit(
        _dataset(fn_args.train_files, seed),
        steps_per_epoch=fn_args.train_steps,
        epochs=1,
        shuffle=False,  # the data set shuffles
        verbose=0,
    )

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def serve(examples: Any) -> dict[str, Any]:
        return {"outputs": model(_features(tf.io.parse_example(examples, _parsing_spec())))}

    tf.saved_model.save(model, fn_args.serving_model_dir, signatures={"serving_default": serve})

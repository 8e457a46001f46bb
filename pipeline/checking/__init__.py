"""What is wrong with a pipeline.yaml and with what it names, found before TFX is loaded.

TFX takes a quarter of a minute to load and a run takes longer; most of what stops one of them can
be read from the files at once. Nothing here imports TFX, TensorFlow or Beam, or reads more of the
data than their beginning.
"""

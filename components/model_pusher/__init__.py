"""ModelPusher: publishes a blessed model under a version of its own."""

"""The second example: the diabetes data of scikit-learn."""

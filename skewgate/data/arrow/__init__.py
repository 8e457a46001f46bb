"""What every reader needs of Arrow: values, kinds, columns, keys and hashes of rows."""

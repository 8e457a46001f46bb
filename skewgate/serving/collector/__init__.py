"""An HTTP sink for the CloudEvents that model servers log: safe on disk before it answers."""

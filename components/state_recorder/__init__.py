"""StateRecorder: leaves behind what later runs look up."""

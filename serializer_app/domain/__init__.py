"""What it means: functions on a session, without HTTP and without the network."""

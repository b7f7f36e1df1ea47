"""What limits the accuracy of a recording: one file for each kind of fault that is looked for."""

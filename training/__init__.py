"""What only the training of networks needs: losses and targets. Nothing of the app imports it."""

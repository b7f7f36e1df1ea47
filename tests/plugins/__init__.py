"""Networks, codecs and lifters that the app does not know: one file each, nothing else of the app is changed."""

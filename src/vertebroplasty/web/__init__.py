"""The local web app: cases, theatre, debrief, registry and recorder in a browser on the same machine."""

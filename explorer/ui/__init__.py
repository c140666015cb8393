"""The part of Explorer that draws: session, widgets, figures, job panel."""

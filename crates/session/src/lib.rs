//! Cluster plus workstation: all that a front end drives.

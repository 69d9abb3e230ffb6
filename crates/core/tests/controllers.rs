//! Specifications of the control loops and the scheduler, run against the real API server. The kubelets are played by
//! the fixture.

mod controllers {
    #[allow(dead_code)]
    pub mod plant;

    mod daemon_set;
    mod deployment;
    mod endpoints;
    mod garbage;
    mod namespaces;
    mod nodes;
    mod replica_set;
    mod scheduler;
}

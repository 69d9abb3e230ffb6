//! Specifications of the API server: requests in, responses out.

mod apiserver {
    #[allow(dead_code)]
    pub mod fixture;

    mod apply;
    mod crud;
    mod custom;
    mod deletion;
    mod lists;
    mod patches;
    mod services;
    mod subresources;
    mod validation;
    mod watches;
}

//! Specifications of the API server: requests in, responses out.

mod apiserver {
    #[allow(dead_code)]
    pub mod fixture;

    mod crud;
}

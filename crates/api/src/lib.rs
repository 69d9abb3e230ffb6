//! What Kubernetes' objects are.

//! kubectl as a pure, async REST client.

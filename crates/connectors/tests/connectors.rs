//! The connectors against stubs that answer as the providers' documents say.

mod connectors {
    mod hubspot;
    mod mail;
    mod sources;
}

//! Between the connection and the handler: response headers, the cross-site check, and the route's permission.

pub(crate) mod cross_site;
pub(crate) mod headers;
pub(crate) mod permission;

pub(crate) use permission::Needs;

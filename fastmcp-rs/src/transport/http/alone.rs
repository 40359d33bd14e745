//! What stands in for [`replicas`](super::replicas) where the feature is off: a server that is always alone. There is never a
//! [`Replicas`], so whatever is done with one is no code at all.

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;

use axum::http::HeaderValue;

use super::Sharing;
use super::body::Body;
use super::events::Log;
use super::service::{Endpoint, Known};
use super::sessions::HttpSession;
use crate::context::Caller;
use crate::error::Error;
use crate::peer::Session;
use crate::server::core::Core;

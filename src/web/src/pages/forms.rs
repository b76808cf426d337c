//! Bits that forms share.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use config::ConfigError;

use crate::backend::ApplyError;
use crate::entries::Given;
use crate::error::Trouble;

/// A form's fields; what does not fit is answered by a page.
pub(crate) struct Form<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Form<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        let form = <axum::extract::Form<T> as FromRequest<S>>::from_request(request, state).await;
        form.map(|form| Form(form.0)).map_err(|error| Trouble::Unreadable(error.status()))
    }
}

/// A form of which some fields are read by the table of keys.
pub(crate) trait Rest {
    /// Takes those from the body.
    fn take_rest(&mut self, body: &[u8]);
}

/// The same with all its fields.
pub(crate) struct Whole<T>(pub T);

impl<T: DeserializeOwned + Rest, S: Send + Sync> FromRequest<S> for Whole<T> {
    type Rejection = Trouble;

    async fn from_request(request: Request, state: &S) -> Result<Self, Trouble> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let body = <Bytes as FromRequest<S>>::from_request(request, state).await;
        let body = body.map_err(|error| Trouble::Unreadable(error.status()))?;
        let request = Request::from_parts(parts, Body::from(body.clone()));
        let Form(mut form) = <Form<T> as FromRequest<S>>::from_request(request, state).await?;
        form.take_rest(&body);
        Ok(Whole(form))
    }
}

/// The keys of a section that a form holds, if it holds `marker`, which a browser always sends.
pub(crate) fn rest(section: &'static str, marker: &str, body: &[u8]) -> Option<Given> {
    form_urlencoded::parse(body).any(|(key, _)| key == marker).then(|| Given::from_form(section, body))
}

/// Pairs of the address; what does not fit is answered by a page.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Trouble;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Trouble> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|query| Query(query.0)).map_err(|_| Trouble::Unreadable(StatusCode::BAD_REQUEST))
    }
}

/// `?done=…` after a redirect.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Done {
    #[serde(default)]
    pub done: Option<String>,
}

/// The errors of a form, by field; an empty field is the form as a whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Errors(Vec<(String, String)>);

impl Errors {
    /// The first error of a field.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(at, _)| at == field).map(|(_, message)| message.as_str())
    }

    /// Errors of no field in `shown`: they stand above the form.
    pub fn others(&self, shown: &[&str]) -> Vec<String> {
        self.0.iter().filter(|(at, _)| !shown.contains(&at.as_str())).map(|(_, message)| message.clone()).collect()
    }

    /// All of them: field and message.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(field, message)| (field.as_str(), message.as_str()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Takes over errors of fields that have none yet.
    pub fn add_missing(&mut self, others: Errors) {
        for (field, message) in others.0 {
            if self.of(&field).is_none() {
                self.0.push((field, message));
            }
        }
    }

    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        self.0.push((field.to_owned(), message.into()));
    }
}

impl From<ApplyError> for Errors {
    fn from(error: ApplyError) -> Self {
        let general = |message: &str| Errors(vec![(String::new(), message.to_owned())]);
        match error {
            ApplyError::Refused(faults) => Errors(faults.iter().map(|f| (f.key().to_owned(), worded(f))).collect()),
            ApplyError::NotFound => general("This entry no longer exists."),
            ApplyError::Outdated => general("Somebody changed the configuration meanwhile. Look again."),
            ApplyError::NotSaved(cause) => {
                tracing::error!(cause, "configuration change not saved");
                general("The change could not be saved to the disk, so it is not in force. Try again.")
            }
        }
    }
}

/// The fault as a sentence beside its field: `101 is already taken by Ada: choose another number.`
pub(crate) fn worded(fault: &ConfigError) -> String {
    let mut chars = fault.message.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let hint = fault.hint.as_ref().map(|hint| format!(": {hint}")).unwrap_or_default();
    format!("{first}{}{hint}.", chars.as_str())
}

/// Text of a field without the blanks around it; `None` if nothing is left.
pub(crate) fn filled(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// An address on this site with query pairs, empty values left out.
pub(crate) fn link(path: &str, pairs: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (key, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        query.append_pair(key, value);
    }
    let query = query.finish();
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

//! The page for people: files that are part of the program, and nothing else.

use std::sync::Arc;

use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use bytes::Bytes;
use http::{HeaderName, Method, Request, StatusCode, header};

use crate::{handle::Shared, validate::Refusal};

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! files {
    ($($name:literal: $kind:expr),* $(,)?) => {
        [$(($name, $kind, include_str!(concat!("../../page/", $name)))),*]
    };
}

const INDEX: &str = include_str!("../../page/index.html");

static FILES: [(&str, &str, &str); 14] = files! {
    "page.css": CSS,
    "conversation.css": CSS,
    "traffic.css": CSS,
    "layout.css": CSS,
    "icon.svg": SVG,
    "main.js": SCRIPT,
    "api.js": SCRIPT,
    "code.js": SCRIPT,
    "code-view.js": SCRIPT,
    "conversations.js": SCRIPT,
    "dom.js": SCRIPT,
    "faults.js": SCRIPT,
    "switches.js": SCRIPT,
    "traffic.js": SCRIPT,
};

/// What the browser may do: load these files, and talk to this server. No script in the markup, no markup from text,
/// no frame around it, no form that leaves.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

pub(super) fn routes() -> Router<Arc<Shared>> {
    let to_the_page = || async { Redirect::to("/_sandbox/") };
    Router::new()
        .route("/", get(to_the_page))
        .route("/_sandbox", get(to_the_page))
        .route("/_sandbox/", get(|| async { answer(HTML, INDEX) }))
        .route("/_sandbox/page/{name}", get(file))
}

/// Whether a browser was pointed at the API's address itself. No client of the API asks for HTML.
pub(crate) fn opens(request: &Request<Bytes>) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET
        && request.uri().path() == "/"
        && accept.is_some_and(|accept| accept.starts_with("text/html"))
}

async fn file(Path(name): Path<String>) -> Result<Response, Refusal> {
    let (_, kind, text) = FILES.iter().find(|(file, ..)| *file == name).ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, format!("No such control: /_sandbox/page/{name}"))
    })?;
    Ok(answer(kind, text))
}

fn answer(kind: &'static str, text: &'static str) -> Response {
    (HEADERS, [(header::CONTENT_TYPE, kind)], text).into_response()
}

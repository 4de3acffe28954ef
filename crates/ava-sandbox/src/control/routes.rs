//! The routes of the control plane.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, State},
    routing::{delete, get, post},
};
use http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};

use super::{
    InboundMessage, events,
    input::{Input, one_or_many},
    page,
};
use crate::{
    Fault,
    clock::{ClockChange, ClockState},
    fault::InstalledFault,
    handle::Shared,
    messages::Message,
    record::RecordedRequest,
    script::{Script, ScriptState},
    seed::Seed,
    settings::Settings,
    state::State as Snapshot,
    tokens::{IssuedToken, TokenRequest},
    traffic::Traffic,
    validate::Refusal,
};

#[derive(Serialize)]
struct Done {
    success: bool,
}

const DONE: Json<Done> = Json(Done { success: true });

#[derive(Serialize)]
struct Seeded {
    rows: usize,
}

#[derive(Serialize)]
struct Expired {
    expired: usize,
}

#[derive(Serialize)]
struct Installed {
    script: Script,
    state: ScriptState,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Since {
    #[serde(default)]
    since: u64,
}

/// What a client takes.
#[derive(Serialize)]
struct Connect {
    base_url: String,
    api_key: String,
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    let controls = Router::new()
        .route("/state", get(state))
        .route("/reset", post(reset))
        .route("/inbound", post(inbound))
        .route("/seed", post(seed))
        .route("/faults", get(faults).post(install_faults).delete(clear_faults))
        .route("/faults/{id}", delete(remove_fault))
        .route("/script", get(script).post(install_script).delete(clear_script))
        .route("/requests", get(requests).delete(clear_requests))
        .route("/traffic", get(traffic))
        .route("/connect", get(connect))
        .route("/events", get(events::stream))
        .route("/clock", get(clock).post(change_clock))
        .route("/settings", get(settings).patch(change_settings).post(change_settings))
        .route("/tokens", post(issue_token))
        .route("/tokens/expire", post(expire_tokens))
        .route("/shutdown", post(shutdown))
        // The body is here already, and the server has its own limit.
        .layer(DefaultBodyLimit::disable());
    Router::new().nest("/_sandbox", controls).merge(page::routes()).fallback(unknown)
}

async fn unknown(uri: Uri) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("No such control: {}", uri.path()))
}

async fn state(State(shared): State<Arc<Shared>>) -> Json<Snapshot> {
    Json(shared.state())
}

async fn reset(State(shared): State<Arc<Shared>>) -> Json<Done> {
    shared.reset();
    DONE
}

async fn inbound(State(shared): State<Arc<Shared>>, Input(inbound): Input<InboundMessage>) -> Json<Message> {
    Json(shared.inbound(inbound))
}

async fn seed(State(shared): State<Arc<Shared>>, Input(seed): Input<Seed>) -> Result<Json<Seeded>, Refusal> {
    Ok(Json(Seeded { rows: shared.seed(seed)? }))
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Vec<InstalledFault>> {
    Json(shared.world().faults.all())
}

async fn install_faults(
    State(shared): State<Arc<Shared>>,
    body: Bytes,
) -> Result<Json<Vec<InstalledFault>>, Refusal> {
    let faults: Vec<Fault> = one_or_many("fault", &body)?;
    // All or none: who is refused has changed nothing.
    faults.iter().try_for_each(Fault::check)?;
    let installed = faults.into_iter().map(|fault| shared.install_fault(fault));
    Ok(Json(installed.collect::<Result<_, _>>()?))
}

async fn clear_faults(State(shared): State<Arc<Shared>>) -> Json<Done> {
    shared.clear_faults();
    DONE
}

async fn remove_fault(State(shared): State<Arc<Shared>>, Path(id): Path<u64>) -> Result<Json<Done>, Refusal> {
    if shared.remove_fault(id) {
        return Ok(DONE);
    }
    Err(Refusal::new(StatusCode::NOT_FOUND, format!("No such fault: {id}")))
}

async fn traffic(State(shared): State<Arc<Shared>>, Query(since): Query<Since>) -> Json<Traffic> {
    Json(shared.world().watch.since(since.since))
}

async fn connect(State(shared): State<Arc<Shared>>) -> Json<Connect> {
    Json(Connect { base_url: shared.base_url.clone(), api_key: shared.api_key.clone() })
}

async fn script(State(shared): State<Arc<Shared>>) -> Json<Option<Installed>> {
    let world = shared.world();
    let playing = world.script.as_ref();
    Json(
        playing.map(|playing| Installed { script: playing.script().clone(), state: playing.state().clone() }),
    )
}

async fn install_script(shared: State<Arc<Shared>>, body: Bytes) -> Result<Json<Option<Installed>>, Refusal> {
    shared.set_script(Some(Script::from_json(&body)?));
    Ok(script(shared).await)
}

async fn clear_script(State(shared): State<Arc<Shared>>) -> Json<Done> {
    shared.set_script(None);
    DONE
}

async fn requests(State(shared): State<Arc<Shared>>) -> Json<Vec<RecordedRequest>> {
    Json(shared.world().recorder.all())
}

async fn clear_requests(State(shared): State<Arc<Shared>>) -> Json<Done> {
    shared.clear_requests();
    DONE
}

async fn clock(State(shared): State<Arc<Shared>>) -> Json<ClockState> {
    Json(shared.world().clock.state())
}

async fn change_clock(
    State(shared): State<Arc<Shared>>,
    Input(change): Input<ClockChange>,
) -> Json<ClockState> {
    Json(shared.change_clock(&change))
}

async fn settings(State(shared): State<Arc<Shared>>) -> Json<Settings> {
    Json(shared.world().settings.clone())
}

async fn change_settings(shared: State<Arc<Shared>>, body: Bytes) -> Result<Json<Settings>, Refusal> {
    let changed = shared.world().settings.patched(&body)?;
    shared.set_settings(changed)?;
    Ok(settings(shared).await)
}

async fn issue_token(
    State(shared): State<Arc<Shared>>,
    Input(request): Input<TokenRequest>,
) -> Json<IssuedToken> {
    Json(shared.issue_token(request))
}

async fn expire_tokens(State(shared): State<Arc<Shared>>) -> Json<Expired> {
    Json(Expired { expired: shared.expire_tokens() })
}

async fn shutdown(State(shared): State<Arc<Shared>>) -> Result<Json<Done>, Refusal> {
    if !shared.allow_shutdown {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "Shutdown over HTTP is not enabled"));
    }
    shared.shutdown_requested.notify_one();
    Ok(DONE)
}

//! One request, from its last byte read to its answer: the same for a socket and for an in-process transport.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use tokio::{
    sync::Notify,
    time::{Instant, sleep},
};

use crate::{
    answer::{Announced, Answer},
    api::{self, Call},
    body::{FlushSignal, SandboxBody, Source},
    clock::{Clock, http_date, shift},
    control,
    error::Dropped,
    events::{EventKind, Events},
    fault::{Applied, Conditions, Cutoff, Fault},
    play,
    record::{Arrival, Outcome},
    script::{Script, ScriptedResponse},
    settings::Settings,
    state::World,
};

/// What the handle, the server and the bodies share.
pub(crate) struct Shared {
    world: Mutex<World>,
    pub(crate) events: Arc<Events>,
    pub(crate) initial_settings: Settings,
    pub(crate) initial_clock: Clock,
    pub(crate) api_key: String,
    pub(crate) base_url: String,
    /// Whether `POST /_sandbox/shutdown` is allowed.
    pub(crate) allow_shutdown: bool,
    pub(crate) shutdown_requested: Notify,
    /// Set while the server ends, so that requests it cuts off don't count as the client's doing.
    pub(crate) closing: AtomicBool,
    runtime: Option<tokio::runtime::Handle>,
    /// When the next sweep is to run, if one is on its way.
    next_sweep: Mutex<Option<Instant>>,
}

pub(crate) struct Setup {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    pub(crate) api_key: String,
    pub(crate) base_url: String,
    pub(crate) allow_shutdown: bool,
}

/// What happens to a request, decided in one step when it arrives.
enum Plan {
    Scripted(Box<ScriptedResponse>),
    Unmatched,
    Live(Box<Applied>),
}

impl Shared {
    pub(crate) fn new(setup: Setup) -> Arc<Shared> {
        let events = Arc::new(Events::new());
        let Setup { settings, clock, api_key, base_url, allow_shutdown } = setup;
        let world = World::new(settings.clone(), clock, api_key.clone(), Arc::clone(&events));
        Arc::new(Shared {
            world: Mutex::new(world),
            events,
            initial_settings: settings,
            initial_clock: clock,
            api_key,
            base_url,
            allow_shutdown,
            shutdown_requested: Notify::new(),
            closing: AtomicBool::new(false),
            runtime: tokio::runtime::Handle::try_current().ok(),
            next_sweep: Mutex::new(None),
        })
    }

    /// The state, locked. Never held across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees to it that events which only time brings (deliveries, late rows) are emitted in time.
    pub(crate) fn schedule_sweep(self: &Arc<Self>) {
        let Some(wait) = self.world().next_due() else { return };
        let Some(runtime) = &self.runtime else { return };
        let at = Instant::now() + wait.min(Duration::from_secs(3600));
        {
            let mut next = self.next_sweep.lock().unwrap_or_else(PoisonError::into_inner);
            if next.is_some_and(|planned| planned <= at) {
                return;
            }
            *next = Some(at);
        }
        let shared = Arc::downgrade(self);
        runtime.spawn(async move {
            tokio::time::sleep_until(at).await;
            let Some(shared) = Weak::upgrade(&shared) else { return };
            *shared.next_sweep.lock().unwrap_or_else(PoisonError::into_inner) = None;
            shared.world().sweep();
            shared.schedule_sweep();
        });
    }

    /// Answers a request whose body has been read; `complete` is false if it was too long to read to its end.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        request: Request<Bytes>,
        complete: bool,
    ) -> Result<Response<SandboxBody>, Dropped> {
        if control::is_control(request.uri().path()) || control::opens_page(&request) {
            return Ok(control::respond(self, request).await);
        }
        let (parts, body) = request.into_parts();
        let call = Call {
            method: parts.method,
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().map(str::to_owned),
            headers: parts.headers,
            json: serde_json::from_slice(&body).map_err(|error| error.to_string()),
            body,
        };
        let flush = parts.extensions.get::<Arc<FlushSignal>>().cloned();
        let (in_flight, plan) = self.admit(&call, complete);
        let seq = in_flight.seq;
        let outcome = match plan {
            Plan::Scripted(entry) => play::play(self, *entry, seq).await,
            Plan::Unmatched => Ok(play::unmatched(self, &call, seq)),
            Plan::Live(applied) => self.live(&call, *applied, seq).await,
        };
        self.schedule_sweep();
        match outcome {
            Ok(answer) => {
                self.world().answered(seq, &answer);
                let response = answer.into_response(call.method == Method::HEAD);
                Ok(response.map(|body| body.track(in_flight, flush)))
            }
            Err(dropped) => {
                in_flight.dropped(dropped);
                Err(dropped)
            }
        }
    }

    /// Records a request and decides what happens to it.
    fn admit(self: &Arc<Self>, call: &Call, complete: bool) -> (InFlight, Plan) {
        let mut world = self.world();
        world.sweep();
        let in_flight = self.record(&mut world, call, complete);
        let (method, path, query) = (call.method.as_str(), call.path.as_str(), call.query.as_deref());
        let plan = if let Some(script) = &mut world.script {
            match script.take(method, path, query, call.json.as_ref().ok()) {
                Some(entry) => Plan::Scripted(Box::new(entry)),
                None => Plan::Unmatched,
            }
        } else {
            let applied = world.faults.take(call.on(), call.phone().as_deref());
            world.watch.hit(in_flight.seq, &applied.faults);
            for fault in &applied.faults {
                world.emit(EventKind::Fault { seq: in_flight.seq, fault: fault.id });
            }
            Plan::Live(Box::new(applied))
        };
        (in_flight, plan)
    }

    fn record(self: &Arc<Self>, world: &mut World, call: &Call, complete: bool) -> InFlight {
        let arrival = Arrival {
            method: call.method.as_str(),
            path: &call.path,
            query: call.query.as_deref(),
            headers: &call.headers,
            body: &call.body,
            json: call.json.as_ref().ok(),
            complete,
        };
        let limit = world.settings.record_limit;
        let seq = world.recorder.record(arrival, limit);
        world.in_flight += 1;
        let now = world.clock.now();
        world.watch.arrived(seq, call, now);
        let (method, path) = (call.method.to_string(), call.path.clone());
        world.emit(EventKind::Request { seq, method, path });
        InFlight { shared: Arc::clone(self), seq, open: true }
    }

    /// Records a request, of anything but the control plane, whose client went away before its body was there.
    pub(crate) fn record_cut_off(self: &Arc<Self>, head: &http::request::Parts, body: Bytes) {
        let call = Call {
            method: head.method.clone(),
            path: head.uri.path().to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers.clone(),
            json: Err(String::new()),
            body,
        };
        let in_flight = self.record(&mut self.world(), &call, false);
        drop(in_flight);
    }

    async fn live(self: &Arc<Self>, call: &Call, applied: Applied, seq: u64) -> Result<Answer, Dropped> {
        let Applied { effect, conditions, .. } = applied;
        let Some(fault) = effect else { return Ok(self.process(call, &conditions, seq)) };
        pause(fault.delay_ms).await;
        if fault.drop == Some(Cutoff::Before) {
            return Err(Dropped::BeforeProcessing);
        }
        let answer = fault.processes().then(|| self.process(call, &conditions, seq));
        pause(fault.delay_after_ms).await;
        if fault.drop == Some(Cutoff::After) {
            return Err(Dropped::AfterProcessing);
        }
        let mut answer = match answer {
            Some(answer) if !fault.replaces_answer() => answer,
            _ => self.dress(replacement(&fault), &conditions, seq),
        };
        let value = |text: &Option<String>| text.as_deref().and_then(|text| HeaderValue::from_str(text).ok());
        for (name, value) in [
            (header::RETRY_AFTER, value(&fault.retry_after)),
            (header::CONTENT_TYPE, value(&fault.content_type)),
        ] {
            if let Some(value) = value {
                answer.headers.insert(name, value);
            }
        }
        answer.cut_after = fault.truncate;
        answer.drip = fault.drip_ms.map(Duration::from_millis);
        Ok(answer)
    }

    fn process(&self, call: &Call, conditions: &Conditions, seq: u64) -> Answer {
        let mut world = self.world();
        let answer = api::process(&mut world, call, conditions);
        drop(world);
        self.dress(answer, conditions, seq)
    }

    /// Adds what every answer has: `x-request-id` and `Date`.
    fn dress(&self, mut answer: Answer, conditions: &Conditions, seq: u64) -> Answer {
        answer.headers.insert("x-request-id", request_id(seq));
        let world = self.world();
        if !world.settings.omit_date && !conditions.omit_date {
            let offset = world.settings.date_offset_s.saturating_mul(1000);
            answer.date(http_date(shift(world.clock.now(), offset)));
        }
        answer
    }

    /// Installs a script on an otherwise fresh sandbox, or takes it away.
    pub(crate) fn set_script(&self, script: Option<Script>) {
        let mut world = self.world();
        match script {
            Some(script) => {
                let clock = if script.frozen {
                    Clock::Frozen(script.clock)
                } else {
                    Clock::Running { from: script.clock, since: Instant::now() }
                };
                world.reset(self.initial_settings.clone(), clock);
                world.script = Some(crate::script::Playing::new(script));
            }
            None => {
                world.script = None;
                world.clock = self.initial_clock;
            }
        }
        world.emit(EventKind::Control { action: "script".into() });
    }
}

/// The `x-request-id` of a request outside the control plane.
pub(crate) fn request_id(seq: u64) -> HeaderValue {
    HeaderValue::from_str(&format!("req_{seq:06}")).unwrap_or(HeaderValue::from_static("req_"))
}

pub(crate) async fn pause(ms: Option<u64>) {
    if let Some(ms) = ms {
        sleep(Duration::from_millis(ms)).await;
    }
}

/// The answer that a fault gives instead of the processed one.
fn replacement(fault: &Fault) -> Answer {
    let usual = match &fault.redirect {
        Some(_) => StatusCode::FOUND,
        None => StatusCode::OK,
    };
    let status = fault.status.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(usual);
    let mut answer = if let Some(body) = &fault.body {
        Answer::new(status, body.as_str().map_or_else(|| body.to_string(), str::to_owned))
    } else if let Some(reason) = &fault.reject {
        Answer::error(status, reason)
    } else if fault.garbage {
        Answer::new(status, String::from("}{ this is not JSON"))
    } else if let Some(size) = fault.huge_bytes {
        Answer::new(status, huge(size))
    } else {
        Answer::error(status, &format!("Sandbox fault: {status}"))
    };
    if let Some(Ok(location)) = fault.redirect.as_deref().map(HeaderValue::from_str) {
        answer.headers.insert(header::LOCATION, location);
    }
    answer.content_length = Announced::Honest;
    answer
}

/// A JSON object of exactly `size` bytes (if it is to be one, of at least the 28 that its frame takes).
fn huge(size: u64) -> Source {
    let prefix = Bytes::from_static(br#"{"success":true,"padding":""#);
    let suffix = Bytes::from_static(br#""}"#);
    let frame = (prefix.len() + suffix.len()) as u64;
    Source::Fill(crate::body::Fill::new(prefix, b'a', size.saturating_sub(frame), suffix))
}

/// A request being worked on. Dropped while open, it says that the client went away.
pub(crate) struct InFlight {
    shared: Arc<Shared>,
    pub(crate) seq: u64,
    open: bool,
}

impl InFlight {
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        if std::mem::replace(&mut self.open, false) {
            self.shared.world().finish(self.seq, outcome);
        }
    }

    fn dropped(mut self, dropped: Dropped) {
        let (outcome, when) = match dropped {
            Dropped::BeforeProcessing => (Outcome::DroppedBefore, Cutoff::Before),
            Dropped::AfterProcessing => (Outcome::DroppedAfter, Cutoff::After),
        };
        self.finish(outcome);
        let mut world = self.shared.world();
        world.watch.dropped(self.seq, dropped);
        world.emit(EventKind::Dropped { seq: self.seq, when });
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let closing = self.shared.closing.load(Ordering::SeqCst);
        self.finish(if closing { Outcome::Pending } else { Outcome::ClientDisconnected });
    }
}

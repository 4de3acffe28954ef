//! The AVA iMessage API as a local server, for tests and demos: no message leaves the machine.
//!
//! It answers as the API document says, with a state behind it, and on demand it misbehaves: faults, scripts of exact
//! responses, a virtual clock, tokens that expire. All of it is controlled from Rust through [`Sandbox`], or over HTTP
//! under `/_sandbox/`, with the same types as JSON.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! use ava_sandbox::{Fault, On, Sandbox};
//!
//! let sandbox = Sandbox::start().await?;
//! println!("a client's base URL: {}, its key: {}", sandbox.base_url(), sandbox.api_key());
//! sandbox.inbound("+1234567890", "Hi there!");
//! sandbox.fault(Fault { status: Some(503), ..Fault::on(On::Send) })?;
//! // … use a client …
//! for request in sandbox.requests() {
//!     println!("{} {} {:?}", request.method, request.path, request.outcome);
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! With the feature `client`, `Sandbox::client` sets up a client of it, without a socket if the sandbox has none.
//!
//! What it deliberately doesn't know about the real service stands in `docs/sandbox.md`, and is a switch in [`Settings`].

mod answer;
mod api;
mod body;
#[cfg(feature = "client")]
mod client;
mod clock;
mod control;
mod error;
mod events;
mod fault;
mod fault_words;
mod handle;
mod messages;
mod play;
mod record;
mod rows;
mod sandbox;
mod script;
mod seed;
mod serve;
mod server;
mod settings;
mod state;
mod tokens;
mod traffic;
mod validate;

pub use body::SandboxBody;
pub use clock::{ClockChange, ClockState};
pub use control::InboundMessage;
pub use error::{ControlError, Cut, Dropped};
pub use events::{Event, EventKind};
pub use fault::{Cutoff, Fault, InstalledFault, On, RowTimes};
pub use messages::{Direction, Message};
pub use record::{Outcome, RecordedRequest};
pub use rows::Rows;
pub use sandbox::{Builder, ClockControl, Sandbox};
pub use script::{FillSpec, Repeat, Script, ScriptState, ScriptedDrop, ScriptedResponse, When};
pub use seed::{Directions, Seed, SeedRow};
pub use serve::{ServeOptions, serve, serve_to};
pub use settings::{IdleReply, Order, Precision, RateLimit, Settings};
pub use state::State;
pub use tokens::{IssuedToken, TokenRequest};
pub use traffic::{AppliedFault, End, Excerpt, Exchange, ExchangeAnswer, Retry, Traffic};

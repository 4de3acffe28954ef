//! A vector as it stands in its file. What isn't named here is refused.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) about: String,
    #[serde(default)]
    pub(crate) client: Options,
    #[serde(default)]
    pub(crate) steps: Vec<Step>,
    pub(crate) script: Option<Value>,
    pub(crate) expect_requests: Option<Vec<ExpectedRequest>>,
    #[serde(default)]
    pub(crate) requests_any_order: bool,
    pub(crate) expect_posts: Option<usize>,
    #[serde(default)]
    pub(crate) unused_ok: bool,
    pub(crate) expect: Expect,
    #[serde(default = "five_seconds")]
    pub(crate) within_ms: u64,
}

fn five_seconds() -> u64 {
    5000
}

/// Tells a member that is null from one that isn't there.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    #[serde(default, deserialize_with = "present")]
    pub(crate) api_key: Option<Option<String>>,
    pub(crate) base_url: Option<String>,
    pub(crate) token_provider: Option<Provider>,
    pub(crate) timeout_ms: Option<u64>,
    pub(crate) connect_timeout_ms: Option<u64>,
    pub(crate) read_idle_ms: Option<u64>,
    pub(crate) max_retries: Option<u32>,
    pub(crate) backoff_ms: Option<u64>,
    pub(crate) backoff_max_ms: Option<u64>,
    pub(crate) settle_ms: Option<u64>,
    pub(crate) settle_gap_ms: Option<u64>,
    pub(crate) confirm_from_history: Option<bool>,
    pub(crate) rate_limited_is_not_sent: Option<bool>,
    pub(crate) max_response_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) tokens: Vec<Given>,
}

/// What the token provider gives.
#[derive(Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub(crate) enum Given {
    Plain(String),
    Expiring { token: String, expires_in_ms: u64 },
    Failing { error: String },
    Hanging { hang: bool },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) op: Option<String>,
    #[serde(default)]
    pub(crate) args: Value,
    pub(crate) parallel: Option<Vec<Branch>>,
    pub(crate) expect: Option<Expect>,
}

/// What runs beside others: a step, or steps one after the other.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Branch {
    One(Step),
    Several(Vec<Step>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expect {
    #[serde(default, deserialize_with = "present")]
    pub(crate) result: Option<Value>,
    pub(crate) error: Option<Value>,
    #[serde(default)]
    pub(crate) any_order: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExpectedRequest {
    pub(crate) method: Option<String>,
    pub(crate) path: Option<String>,
    pub(crate) query: Option<BTreeMap<String, String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) raw_query: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    pub(crate) json: Option<Value>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Option<String>>,
    pub(crate) outcome: Option<String>,
    pub(crate) min_gap_ms: Option<u64>,
}

/// Declares the arguments of an op; those of every call stand on each.
macro_rules! arguments {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty),* $(,)? }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $($(#[$meta])* pub(crate) $field: $type,)*
            pub(crate) timeout_ms: Option<u64>,
            pub(crate) max_retries: Option<u32>,
            #[serde(default)]
            pub(crate) headers: BTreeMap<String, String>,
        }
    };
}

arguments!(Send { phone: String, text: String });
arguments!(Settle {
    #[serde(default)]
    through_json: bool,
    #[serde(default)]
    new_client: bool,
});
arguments!(Messages { phone: String });
arguments!(MessagesPage { phone: String, limit: Option<u64>, offset: Option<u64>, });
arguments!(Poll { since: Option<ava_imessage::Timestamp>, phone: Option<String>, });
arguments!(Listen {
    take: usize,
    for_ms: Option<u64>,
    since: Option<ava_imessage::Timestamp>,
    phone: Option<String>,
    interval_ms: Option<u64>,
    auto_ack: Option<bool>,
    #[serde(default)]
    ack: bool,
    checkpoint: Option<String>,
});
arguments!(Generate {
    phone: String,
    context: Vec<Turn>,
    instructions: Option<String>,
    auto_send: Option<bool>,
});
arguments!(DraftReply { phone: String, instructions: Option<String>, history: Option<u64>, });

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Turn {
    pub(crate) role: String,
    pub(crate) content: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sleep {
    pub(crate) ms: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wait {
    pub(crate) requests: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cancel {
    pub(crate) after_requests: Option<usize>,
    pub(crate) after_ms: Option<u64>,
    pub(crate) step: Step,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Control {
    pub(crate) method: Option<String>,
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

//! What goes wrong meanwhile, drawn from a seed: every two seconds another fault, or none.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Result;
use ava_sandbox::{Cutoff, Fault, On, Sandbox};

const CHANGES_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Weather {
    state: u64,
    changes: Duration,
    blown: BTreeMap<&'static str, u32>,
}

impl Weather {
    pub(super) fn new(seed: u64) -> Weather {
        Weather { state: seed, changes: Duration::ZERO, blown: BTreeMap::new() }
    }

    /// SplitMix64: a line long, and the same everywhere.
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        self.next() % (most + 1)
    }

    /// Changes, if it is time to.
    pub(super) fn blow(&mut self, sandbox: &Sandbox, now: Duration) -> Result<()> {
        if now < self.changes {
            return Ok(());
        }
        self.changes += CHANGES_EVERY;
        sandbox.clear_faults();
        let on = [On::Any, On::Send, On::Send, On::Poll, On::Messages][self.up_to(4) as usize];
        let fault = Fault { times: Some(1 + self.up_to(20)), ..Fault::on(on) };
        let (name, fault) = match self.up_to(11) {
            0 => ("429", Fault { status: Some(429), retry_after: Some("0".to_owned()), ..fault }),
            1 => {
                ("429 for a second", Fault { status: Some(429), retry_after: Some("1".to_owned()), ..fault })
            }
            2 => ("503", Fault { status: Some(503), ..fault }),
            3 => ("500", Fault { status: Some(500), ..fault }),
            4 => ("dropped before", Fault { drop: Some(Cutoff::Before), ..fault }),
            5 => ("dropped after", Fault { drop: Some(Cutoff::After), ..fault }),
            6 => ("truncated", Fault { truncate: Some(self.up_to(60)), ..fault }),
            7 => ("dripping", Fault { drip_ms: Some(1 + self.up_to(4)), ..fault }),
            8 => ("garbage", Fault { garbage: true, ..fault }),
            9 => ("late in history", Fault { history_lag_ms: Some(self.up_to(1000)), ..fault }),
            10 => ("silent", Fault { delay_ms: Some(self.up_to(3000)), ..fault }),
            _ => {
                *self.blown.entry("fair").or_default() += 1;
                return Ok(());
            }
        };
        *self.blown.entry(name).or_default() += 1;
        sandbox.fault(fault)?;
        Ok(())
    }

    pub(super) fn sum(&self) -> String {
        let all = self.blown.iter().map(|(name, times)| format!("{times} × {name}"));
        all.collect::<Vec<_>>().join(", ")
    }
}

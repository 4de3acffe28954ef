//! The tests of the border: programs of tests/c/border, each against a sandbox of its own.

use anyhow::{Context, Result};
use ava_imessage::Client;
use ava_sandbox::{Cutoff, Fault, IdleReply, On, Sandbox, Settings};

use super::{Compiler, Library, add_up, sources};
use crate::report::Counts;

/// Calls of each of 16 threads, of a million that the program can be asked for.
const STRESS: &str = "50000";
const ECHO_AFTER_MS: u64 = 50;

pub(super) fn run(library: &Library) -> Result<Counts> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut outputs = Vec::new();
    for source in sources("tests/c/border")? {
        let name = source.file_stem().context("a file without a name")?.to_string_lossy().into_owned();
        let program = Compiler::SANITIZING.program(&name, &[source], library, &[])?;
        let settings =
            Settings { idle_reply: Some(IdleReply::Echo { after_ms: ECHO_AFTER_MS }), ..Settings::default() };
        let sandbox = runtime.block_on(Sandbox::builder().settings(settings).start())?;
        let mut test = program.run();
        test.env("AVA_BASE_URL", sandbox.base_url()).env("AVA_API_KEY", sandbox.api_key());
        test.env("AVA_TEST_ATTEMPT", runtime.block_on(attempt(&sandbox))?);
        if name == "stress" {
            test.arg(STRESS);
        }
        let output = test.output().with_context(|| name.clone())?;
        runtime.block_on(sandbox.shutdown());
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        println!("{name}: {}", said.trim_end());
        if !output.status.success() {
            println!("{}", String::from_utf8_lossy(&output.stderr));
        }
        outputs.push((output.status.success(), said));
    }
    Ok(add_up(outputs))
}

/// A real attempt, as text: of a send whose answer was lost.
async fn attempt(sandbox: &Sandbox) -> Result<String> {
    sandbox.fault(Fault { drop: Some(Cutoff::Before), ..Fault::on(On::Send) })?;
    let client = Client::builder()
        .base_url(sandbox.base_url())
        .api_key(sandbox.api_key())
        .confirm_from_history(false)
        .build()?;
    let lost = client.send("+15550009999", "lost").await;
    let unknown = lost.err().context("a send without an answer was sent")?;
    Ok(serde_json::to_string(unknown.attempt().context("an unknown send without an attempt")?)?)
}

//! The three scenes.

use std::time::Duration;

use ava_imessage::{Client, Confirmation, Delivery, Error, ErrorKind, Message, SentMessage, Status};
use ava_sandbox::{Direction, Seed, SeedRow};
use tokio::sync::mpsc;

use super::cast::PHONE;
use super::event::{Cut, Event};
use super::stage::Stage;
use super::stop::Stop;
use crate::failure::Result;

/// A demo is in a hurry; the API's document asks for 5 to 10 seconds.
const POLL_INTERVAL: Duration = Duration::from_millis(200);
/// What should happen within moments is given up after this.
const PATIENCE: Duration = Duration::from_secs(10);

/// A message goes out and arrives, an answer comes in, AVA drafts a reply, and it goes out.
pub(super) async fn conversation(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.tell(Event::Scene { number: 1, title: "A conversation" })?;
    let (inbox, listening) = listen(&stage.client).await?;
    stage.tell(Event::Listening)?;

    let text = "Hi Maya, lunch at noon, at the place by the river?";
    stage.sending(text)?;
    let sent = stage.client.send(PHONE, text).await?;
    stage.sent(&sent)?;
    stage.claim("how the send was confirmed", sent.confirmation, Confirmation::Response)?;
    within("the delivery", delivered(&stage.client, &sent.message_id)).await??;
    stage.tell(Event::Delivered { message_id: sent.message_id })?;

    let answer = "Lovely! Shall I book a table?";
    stage.sandbox.inbound(PHONE, answer);
    let received = next(inbox).await?;
    let Message { id, phone, text, .. } = received;
    stage.tell(Event::Received { message_id: id, phone, text: text.clone() })?;
    stage.claim("what the listener yielded", &*text, answer)?;

    let draft = stage.client.draft_reply(PHONE).await?;
    stage.tell(Event::Drafted { text: draft.text.clone() })?;
    stage.claim("whether the draft was sent", draft.sent, false)?;
    stage.claim("POSTs of the draft", stage.posts(&draft.text), 0)?;
    stage.sending(&draft.text)?;
    let sent = stage.client.send(PHONE, &*draft.text).await?;
    stage.sent(&sent)?;
    stage.claim("rows of the reply", stage.rows(&draft.text), 1)?;
    listening.abort();
    Ok(())
}

/// The sandbox takes the message and its answer is lost: the history tells that it was sent.
pub(super) async fn lost_answer(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.tell(Event::Scene { number: 2, title: "The answer is lost on its way back" })?;
    stage.cut_next_send(Cut::After)?;
    let text = "Yes please. I'll be five minutes late.";
    stage.sending(text)?;
    let sent = stage.client.send(PHONE, text).await?;
    stage.sent(&sent)?;
    stage.claim("how the send was confirmed", sent.confirmation, Confirmation::History)?;
    stage.posted_once(text, 1)
}

/// The request is lost, and for all the client can know it wasn't: unknown, until the history shows it.
pub(super) async fn lost_request(stage: &mut Stage<'_>) -> Result<(), Stop> {
    stage.tell(Event::Scene { number: 3, title: "Nobody can know yet" })?;
    stage.cut_next_send(Cut::Before)?;
    let text = "Ordering for both of us. Coffee?";
    stage.sending(text)?;
    let ended = stage.client.send(PHONE, text).await;
    let unknown = claim_unknown(stage, ended.map(|_| ()))?;
    stage.tell(Event::Unknown { code: unknown.code(), message: unknown.to_string() })?;
    stage.posted_once(text, 0)?;

    let attempt = unknown.attempt().ok_or_else(no_attempt)?;
    stage.tell(Event::Settling)?;
    let ended = stage.client.settle(attempt).await;
    let unknown = claim_unknown(stage, ended.map(|_| ()))?;
    stage.tell(Event::StillUnknown { code: unknown.code() })?;

    let message_id = commit_late(stage, text)?;
    stage.tell(Event::CommittedLate { message_id: message_id.clone() })?;
    let attempt = unknown.attempt().ok_or_else(no_attempt)?;
    stage.tell(Event::Settling)?;
    let SentMessage { message_id: found, confirmation, .. } = stage.client.settle(attempt).await?;
    stage.tell(Event::Settled { message_id: found.clone(), confirmation: confirmation.as_str() })?;
    stage.claim("how the send was confirmed", confirmation, Confirmation::History)?;
    stage.claim("the id that settling found", found, message_id)?;
    stage.posted_once(text, 1)
}

/// Listens in a task of its own, as an application does.
async fn listen(
    client: &Client,
) -> Result<(mpsc::Receiver<Result<Message, Error>>, tokio::task::JoinHandle<()>), Stop> {
    let mut listener = client.listen().interval(POLL_INTERVAL).await?;
    let (to, inbox) = mpsc::channel(1);
    let task = tokio::spawn(async move {
        while let Some(message) = listener.next().await {
            if to.send(message).await.is_err() {
                break;
            }
        }
    });
    Ok((inbox, task))
}

async fn next(mut inbox: mpsc::Receiver<Result<Message, Error>>) -> Result<Message, Stop> {
    let message = within("the listener's message", inbox.recv()).await?;
    Ok(message.ok_or_else(|| Stop::because("the listener ended"))??)
}

async fn delivered(client: &Client, message_id: &str) -> Result<(), Stop> {
    loop {
        let page = client.messages_page(PHONE, 50, 0).await?;
        if page.messages.iter().any(|row| row.id == message_id && row.status == Status::Delivered) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The sandbox finishes, now, what it was cut off from.
fn commit_late(stage: &Stage<'_>, text: &str) -> Result<String, Stop> {
    let message_id = String::from("msg_late");
    let row = SeedRow {
        id: Some(message_id.clone()),
        text: text.to_owned(),
        direction: Direction::Outbound,
        timestamp: None,
        status: None,
    };
    stage.sandbox.seed(Seed::rows(PHONE, vec![row])).map_err(Stop::because)?;
    Ok(message_id)
}

fn claim_unknown(stage: &mut Stage<'_>, ended: Result<(), Error>) -> Result<Error, Stop> {
    let Err(error) = ended else {
        return Err(Stop::because("how the send ended: expected delivery_unknown, found sent"));
    };
    stage.claim("how the send ended", error.kind(), ErrorKind::DeliveryUnknown)?;
    stage.claim("what the error says of the delivery", error.delivery(), Some(Delivery::Unknown))?;
    Ok(error)
}

fn no_attempt() -> Stop {
    Stop::because("an unknown send without its attempt")
}

async fn within<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Stop> {
    let late = |_| Stop::because(format!("{what} did not come within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, future).await.map_err(late)
}

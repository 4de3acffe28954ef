//! The soak in Rust: see the README beside this folder.

use std::sync::Arc;
use std::time::Duration;

use ava_imessage::{Client, Delivery, Error, ErrorKind, Token};
use futures_util::StreamExt;
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

const SENDERS: usize = 3;
const PAUSE: Duration = Duration::from_millis(100);
const LONGER_PAUSE: Duration = Duration::from_millis(200);
const BEFORE_SETTLING: Duration = Duration::from_secs(1);
const READ: usize = 60;

struct Soak {
    client: Client,
    name: String,
    phone: String,
}

type Stop = watch::Receiver<bool>;

impl Soak {
    async fn send(&self, text: &str) {
        let error = match self.client.send(&self.phone, text).await {
            Ok(sent) => return println!("sent\t{text}\t{}", sent.message_id),
            Err(error) => error,
        };
        if error.delivery() != Some(Delivery::Unknown) {
            return println!("not_sent\t{text}\t{}", error.code());
        }
        println!("unknown\t{text}\t{}", error.code());
        tokio::time::sleep(BEFORE_SETTLING).await;
        if let Some(Ok(settled)) = settled(&self.client, &error).await {
            println!("settled\t{text}\t{settled}");
        }
    }

    async fn send_on(self: Arc<Self>, sender: usize, stop: Stop) {
        let mut number = 0;
        while !*stop.borrow() {
            number += 1;
            self.send(&format!("{} {sender} {number}", self.name)).await;
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn read_on(self: Arc<Self>, stop: Stop) {
        while !*stop.borrow() {
            match self.client.messages_page(&self.phone, 20, 0).await {
                Ok(page) => println!("read\t{}", page.messages.len()),
                Err(error) => println!("failed\t{}", error.code()),
            }
            let mut read = 0;
            let mut messages = self.client.messages(&self.phone).take(READ);
            while let Some(message) = messages.next().await {
                match message {
                    Ok(_) => read += 1,
                    Err(error) => println!("failed\t{}", error.code()),
                }
            }
            println!("read\t{read}");
            tokio::time::sleep(LONGER_PAUSE).await;
        }
    }
}

async fn settled(client: &Client, error: &Error) -> Option<Result<String, Error>> {
    let attempt = error.attempt()?;
    Some(client.settle(attempt).await.map(|sent| sent.message_id))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wanted = |name: &str| std::env::var(name).map_err(|_| format!("{name} is not set"));
    let file = wanted("SOAK_TOKEN_FILE")?;
    let token = move || {
        let file = file.clone();
        async move { tokio::fs::read_to_string(file).await.map(Token::new) }
    };
    let client = Client::builder()
        .base_url(wanted("AVA_BASE_URL")?)
        .token_provider(token)
        .timeout(Duration::from_secs(6))
        .read_idle_timeout(Duration::from_secs(2))
        .backoff(Duration::from_millis(50), Duration::from_millis(500))
        .settling(Duration::from_millis(1500), Duration::from_millis(50))
        .build()?;
    let soak = Arc::new(Soak { client, name: wanted("SOAK_NAME")?, phone: wanted("SOAK_PHONE")? });
    let (stopping, stop) = watch::channel(false);

    let listening = soak.client.listen().phone(&soak.phone).interval(Duration::from_millis(250));
    let mut inbox = listening.await?;
    let answering = Arc::clone(&soak);
    let listener = tokio::spawn(async move {
        while let Some(next) = inbox.next().await {
            match next {
                Ok(message) => {
                    println!("heard\t{}", message.id);
                    answering.send(&format!("{} answers {}", answering.name, message.id)).await;
                }
                Err(error) if error.kind() == ErrorKind::Closed => break,
                Err(error) => println!("failed\t{}", error.code()),
            }
        }
    });
    println!("ready");
    let mut work = vec![tokio::spawn(Arc::clone(&soak).read_on(stop.clone()))];
    work.extend((0..SENDERS).map(|sender| tokio::spawn(Arc::clone(&soak).send_on(sender, stop.clone()))));

    tokio::io::stdin().read_to_end(&mut Vec::new()).await?;
    stopping.send(true)?;
    for task in work {
        task.await?;
    }
    soak.client.close().await;
    listener.await?;
    println!("ended");
    Ok(())
}

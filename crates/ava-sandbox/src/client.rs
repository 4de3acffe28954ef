//! The sandbox as what carries a client's requests: nothing between them but a function call.

use ava_imessage::{
    BoxError, BoxFuture, Client, ClientBuilder, RequestBody, ResponseBody, Transport, TransportError,
};
use http::{Request, Response};
use http_body_util::BodyExt;

use crate::sandbox::Sandbox;

/// Carries requests to [`Sandbox::handle`]. [`Dropped`](crate::Dropped) and [`Cut`](crate::Cut) are what a lost
/// connection is on a socket: of a request that had begun.
impl Transport for Sandbox {
    fn execute(
        &self,
        request: Request<RequestBody>,
    ) -> BoxFuture<'static, Result<Response<ResponseBody>, TransportError>> {
        let sandbox = self.clone();
        Box::pin(async move {
            // Taking the bytes says that the request is on its way: not before somebody waits for its answer.
            let (head, body) = request.into_parts();
            let body = body.into_bytes().map_err(TransportError::new)?;
            let response =
                sandbox.handle(Request::from_parts(head, body)).await.map_err(TransportError::new)?;
            Ok(response.map(|body| -> ResponseBody { Box::pin(body.map_err(BoxError::from)) }))
        })
    }
}

impl Sandbox {
    /// A client of this sandbox, to be set up further: it has the base URL and the key. It uses no socket if the
    /// sandbox has none ([`in_process`](crate::Builder::in_process)), and then follows tokio's paused time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ava_sandbox::{ClockChange, Cutoff, Fault, On, Sandbox};
    ///
    /// # tokio::runtime::Builder::new_current_thread().start_paused(true).enable_all().build()?.block_on(async {
    /// // On a clock that runs with tokio's, even a lost answer that is looked up again takes no time.
    /// let noon = ClockChange { now: Some("2026-01-25T12:00:00Z".parse()?), ..ClockChange::default() };
    /// let sandbox = Sandbox::builder().clock(noon).in_process()?;
    /// let client = sandbox.client().timeout(Duration::from_secs(20)).build()?;
    ///
    /// sandbox.fault(Fault { drop: Some(Cutoff::After), ..Fault::on(On::Send) })?;
    /// let sent = client.send("+1234567890", "Hello from AVA!").await?;
    /// assert_eq!(sent.message_id, sandbox.state().messages[0].id);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn client(&self) -> ClientBuilder {
        let client = Client::builder().base_url(self.base_url()).api_key(self.api_key());
        if self.address().port() == 0 { client.transport(self.clone()) } else { client }
    }
}

//! Bus: the way of Socket.IO's adapter to Redis: one connection that is made anew when it breaks, with everything that was subscribed to on
//! it. The driver that comes with the adapter has no more to say once Redis has been away.

use redis::{
    AsyncCommands, Client, ErrorKind, IntoConnectionInfo, ProtocolVersion, PushInfo, PushKind,
    RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
    from_redis_value,
};
use socketioxide::adapter::Emitter;
use socketioxide_redis::{
    CustomRedisAdapter,
    drivers::{ChanItem, Driver, MessageStream},
};
use std::{
    collections::HashMap,
    convert::Infallible,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc::{Sender, channel},
    time::timeout,
};

/// The adapter over it.
pub type RedisAdapter = CustomRedisAdapter<Emitter, Bus>;

/// How long Redis may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Messages between servers.
#[derive(Clone)]
pub struct Bus {
    connection: ConnectionManager,
    readers: Readers,
}

/// Who reads what was subscribed to.
#[derive(Clone, Default)]
struct Readers(Arc<Mutex<HashMap<String, Sender<ChanItem>>>>);

impl Bus {
    /// Connects, and stays connected.
    ///
    /// # Errors
    /// What Redis says, if it cannot be reached now.
    pub async fn connect(url: &str) -> RedisResult<Self> {
        let info = url.into_connection_info()?;
        // Only by this version do messages come on the connection that is asked and answered too.
        let settings = info
            .redis_settings()
            .clone()
            .set_protocol(ProtocolVersion::RESP3);
        let client = Client::open(info.set_redis_settings(settings))?;
        let readers = Readers::default();
        let pushed = readers.clone();
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_max_delay(PATIENCE)
            .set_number_of_retries(usize::MAX)
            .set_push_sender(move |push| {
                pushed.take(push);
                Ok::<_, Infallible>(())
            })
            .set_automatic_resubscription();
        let connection = client.get_connection_manager_with_config(config).await?;
        Ok(Self {
            connection,
            readers,
        })
    }
}

impl Readers {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Sender<ChanItem>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a message on. A reader that is too slow misses it: the adapter then waits in vain for an answer.
    fn take(&self, push: PushInfo) {
        let mut words = push.data.into_iter();
        let (PushKind::Message, Some(channel), Some(message)) =
            (push.kind, words.next(), words.next())
        else {
            return;
        };
        let (Ok(channel), Ok(message)) = (
            from_redis_value::<String>(channel),
            from_redis_value::<Vec<u8>>(message),
        ) else {
            return;
        };
        let Some(reader) = self.lock().get(&channel).cloned() else {
            return;
        };
        if reader.try_send((channel, message)).is_err() {
            tracing::warn!("a message between socket.io servers was lost: too many wait");
        }
    }
}

/// Fails in time: while Redis is away, the connection itself would wait until it is back.
async fn soon<T>(asked: impl Future<Output = RedisResult<T>>) -> RedisResult<T> {
    let silent = || RedisError::from((ErrorKind::Io, "redis does not answer"));
    timeout(PATIENCE, asked).await.map_err(|_| silent())?
}

impl Driver for Bus {
    type Error = RedisError;

    async fn publish(&self, channel: String, message: Vec<u8>) -> RedisResult<()> {
        soon(self.connection.clone().publish(channel, message)).await
    }

    async fn subscribe(&self, name: String, size: usize) -> RedisResult<MessageStream<ChanItem>> {
        let (sender, receiver) = channel(size);
        self.readers.lock().insert(name.clone(), sender);
        soon(self.connection.clone().subscribe(name)).await?;
        Ok(MessageStream::new(receiver))
    }

    async fn unsubscribe(&self, name: String) -> RedisResult<()> {
        self.readers.lock().remove(&name);
        soon(self.connection.clone().unsubscribe(name)).await
    }

    async fn num_serv(&self, channel: &str) -> RedisResult<u16> {
        let mut connection = self.connection.clone();
        let mut command = redis::cmd("PUBSUB");
        command.arg("NUMSUB").arg(channel);
        let (_, count): (String, u16) = soon(command.query_async(&mut connection)).await?;
        Ok(count)
    }
}

impl fmt::Debug for Bus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bus").finish_non_exhaustive()
    }
}

//! Metrics over HTTP, to this machine alone.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest request that is read, in bytes.
const LIMIT: usize = 4096;
/// Longest time one reader may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why nothing listens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Others than this machine could read.
    #[error(
        "{0} is no address of this machine alone; metrics are served on the loopback only, such as 127.0.0.1:9464"
    )]
    NotLoopback(SocketAddr),
    /// The system says no.
    #[error("{at}: {why}")]
    Io {
        /// The address.
        at: SocketAddr,
        /// Its words.
        why: std::io::Error,
    },
}

/// Answers `GET /metrics` with the text it was last given, one reader at a time, for as long as the program runs.
pub struct Listener {
    text: Arc<Mutex<String>>,
    at: SocketAddr,
}

impl Listener {
    /// Listens; port zero takes any that is free.
    ///
    /// # Errors
    /// [`ListenError`].
    pub fn open(at: SocketAddr) -> Result<Self, ListenError> {
        if !at.ip().is_loopback() {
            return Err(ListenError::NotLoopback(at));
        }
        let io = |why| ListenError::Io { at, why };
        let listener = TcpListener::bind(at).map_err(io)?;
        let at = listener.local_addr().map_err(io)?;
        let text = Arc::new(Mutex::new(String::new()));
        let shared = Arc::clone(&text);
        std::thread::Builder::new()
            .name("metrics".into())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    // A reader that hangs up, or says nothing, is no concern of the agent's.
                    let _ = answer(stream, &shared);
                }
            })
            .map_err(io)?;
        Ok(Self { text, at })
    }
    /// Where it listens.
    pub const fn at(&self) -> SocketAddr {
        self.at
    }
    /// What is answered from now on.
    pub fn set(&self, text: String) {
        *self.text.lock().unwrap_or_else(PoisonError::into_inner) = text;
    }
}

fn answer(mut stream: TcpStream, text: &Mutex<String>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let (mut request, mut piece) = (Vec::new(), [0u8; 512]);
    while request.len() < LIMIT && !request.windows(4).any(|w| w == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            n => request.extend_from_slice(&piece[..n]),
        }
    }
    let (status, body) = if request.starts_with(b"GET /metrics ") || request.starts_with(b"GET / ") {
        ("200 OK", text.lock().unwrap_or_else(PoisonError::into_inner).clone())
    } else {
        ("404 Not Found", "only /metrics is here\n".to_owned())
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(at: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(at).unwrap();
        stream.write_all(request).unwrap();
        let mut out = String::new();
        let _ = stream.read_to_string(&mut out);
        out
    }

    #[test]
    fn this_machine_reads_metrics_and_nobody_else() {
        let any = "0.0.0.0:0".parse().unwrap();
        assert!(matches!(Listener::open(any), Err(ListenError::NotLoopback(_))));
        let listener = Listener::open("127.0.0.1:0".parse().unwrap()).unwrap();
        listener.set("mandate_agent_looks_total 3\n".into());
        let said = ask(listener.at(), b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(said.starts_with("HTTP/1.1 200 OK\r\n") && said.ends_with("looks_total 3\n"), "{said}");
        assert!(ask(listener.at(), b"GET /keys HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404"));
        // Too long, and never ending: answered, not kept.
        let _ = ask(listener.at(), &[b'A'; LIMIT]);
        assert!(ask(listener.at(), b"GET /metrics HTTP/1.1\r\n\r\n").contains("200 OK"));
    }
}

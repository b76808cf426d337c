//! A name server on this machine that says what a test wants to hear.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use hickory_resolver::proto::op::{Message, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, AAAA, CNAME, NAPTR, SOA, SRV};
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

/// What the server does with one question.
pub enum Say {
    Records(Vec<Record>),
    NoSuchName,
    ServFail,
    Silence,
    /// These octets behind the question's own id; over UDP only.
    Octets(Vec<u8>),
    /// "Too long for UDP", and the records over TCP.
    OverTcp(Vec<Record>),
}

type Zone = dyn Fn(&str, RecordType) -> Say + Send + Sync;

pub struct Server {
    pub addr: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start(zone: impl Fn(&str, RecordType) -> Say + Send + Sync + 'static) -> Self {
        let zone: Arc<Zone> = Arc::new(zone);
        let (udp, tcp) = loop {
            let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
            if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
                break (udp, tcp);
            }
        };
        let addr = udp.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(serve_udp(udp, zone.clone(), asked.clone()));
        tokio::spawn(serve_tcp(tcp, zone));
        Server { addr, asked }
    }

    /// How many questions came over UDP.
    pub fn count(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// Everything asked over UDP so far, sorted, each once: `NAPTR example.com`.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().unwrap().clone();
        asked.sort();
        asked.dedup();
        asked
    }
}

async fn serve_udp(socket: UdpSocket, zone: Arc<Zone>, asked: Arc<Mutex<Vec<String>>>) {
    let mut buffer = [0; 4096];
    while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
        let Ok(request) = Message::from_vec(&buffer[..len]) else { continue };
        let (name, kind) = question(&request);
        asked.lock().unwrap().push(format!("{kind} {name}"));
        let octets = match zone(&name, kind) {
            Say::Silence => continue,
            Say::Octets(tail) => [&buffer[..2], &tail].concat(),
            Say::OverTcp(_) => {
                let mut reply = answer(&request, Vec::new(), ResponseCode::NoError);
                reply.metadata.truncation = true;
                reply.to_vec().unwrap()
            }
            say => say.reply(&request).to_vec().unwrap(),
        };
        let _ = socket.send_to(&octets, from).await;
    }
}

async fn serve_tcp(listener: TcpListener, zone: Arc<Zone>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let zone = zone.clone();
        tokio::spawn(async move {
            while let Ok(len) = stream.read_u16().await {
                let mut buffer = vec![0; usize::from(len)];
                stream.read_exact(&mut buffer).await.unwrap();
                let request = Message::from_vec(&buffer).unwrap();
                let (name, kind) = question(&request);
                let octets = zone(&name, kind).reply(&request).to_vec().unwrap();
                stream.write_u16(u16::try_from(octets.len()).unwrap()).await.unwrap();
                stream.write_all(&octets).await.unwrap();
            }
        });
    }
}

impl Say {
    fn reply(self, request: &Message) -> Message {
        match self {
            Say::Records(records) | Say::OverTcp(records) => answer(request, records, ResponseCode::NoError),
            Say::ServFail => answer(request, Vec::new(), ResponseCode::ServFail),
            Say::NoSuchName | Say::Silence | Say::Octets(_) => answer(request, Vec::new(), ResponseCode::NXDomain),
        }
    }
}

fn question(request: &Message) -> (String, RecordType) {
    let query = &request.queries[0];
    (query.name().to_ascii().trim_end_matches('.').to_ascii_lowercase(), query.query_type())
}

fn answer(request: &Message, records: Vec<Record>, code: ResponseCode) -> Message {
    let mut reply = Message::response(request.id, OpCode::Query);
    reply.metadata.response_code = code;
    reply.metadata.recursion_available = true;
    reply.add_query(request.queries[0].clone());
    if records.is_empty() && code == ResponseCode::NXDomain {
        // Without it "there is none" may not be remembered (RFC 2308 §5).
        let soa = SOA::new(name("ns.test"), name("host.test"), 1, 3600, 600, 86_400, 60);
        reply.add_authority(Record::from_rdata(name("test"), 60, RData::SOA(soa)));
    }
    reply.add_answers(records);
    reply
}

pub fn name(text: &str) -> Name {
    Name::from_ascii(format!("{}.", text.trim_end_matches('.'))).unwrap()
}

pub fn a(owner: &str, ip: [u8; 4], ttl: u32) -> Record {
    Record::from_rdata(name(owner), ttl, RData::A(A(Ipv4Addr::from(ip))))
}

pub fn aaaa(owner: &str, ip: &str, ttl: u32) -> Record {
    Record::from_rdata(name(owner), ttl, RData::AAAA(AAAA(ip.parse().unwrap())))
}

pub fn cname(owner: &str, to: &str) -> Record {
    Record::from_rdata(name(owner), 300, RData::CNAME(CNAME(name(to))))
}

pub fn srv(owner: &str, priority: u16, weight: u16, port: u16, to: &str) -> Record {
    let to = if to == "." { Name::root() } else { name(to) };
    Record::from_rdata(name(owner), 300, RData::SRV(SRV::new(priority, weight, port, to)))
}

pub fn naptr(owner: &str, order: u16, services: &str, to: &str) -> Record {
    odd_naptr(owner, order, "s", services, "", to)
}

pub fn odd_naptr(owner: &str, order: u16, flags: &str, services: &str, regexp: &str, to: &str) -> Record {
    let octets = |s: &str| s.as_bytes().to_vec().into_boxed_slice();
    let data = NAPTR::new(order, 50, octets(flags), octets(services), octets(regexp), name(to));
    Record::from_rdata(name(owner), 300, RData::NAPTR(data))
}

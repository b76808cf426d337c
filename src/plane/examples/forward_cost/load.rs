//! 50 packets a second to each stream from one socket, spread over the 20 ms, and the delay until they are back.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use crate::{FIRST, Failure, HERE, PEER, WARM_UP};

/// The streams are served in so many slots of the 20 ms.
const SLOTS: u32 = 20;
const SLOT: Duration = Duration::from_millis(1);
const PACKET: usize = 172;

/// Sends for `seconds` after the warm-up; prints a line when that begins, when it ends, and the figures:
/// sent, received, and the delay in milliseconds that half and 99 % of the packets stayed below.
pub fn run(streams: u16, seconds: u64) -> Result<(), Failure> {
    let socket = UdpSocket::bind(PEER)?;
    socket.set_nonblocking(true)?;
    // A burst of answers must not be lost here.
    _ = nix::sys::socket::setsockopt(&socket, nix::sys::socket::sockopt::RcvBuf, &(4 << 20));
    let mut load = Load { socket, begin: Instant::now(), delays_us: Vec::new(), sent: 0 };
    let first = WARM_UP.as_millis() as u32;
    let last = first + u32::try_from(seconds * 1_000)?;
    for slot in 0..last + 200 {
        if slot == first {
            load.delays_us.clear();
            load.sent = 0;
            println!("warm");
        }
        if slot == last {
            println!("over");
        }
        if slot < last {
            load.send(slot, streams)?;
        }
        // What is still on its way when the time is over is waited for.
        load.receive_until(load.begin + SLOT * (slot + 1))?;
    }
    let Load { mut delays_us, sent, .. } = load;
    delays_us.sort_unstable();
    let ms = |part: f64| delays_us.get((delays_us.len() as f64 * part) as usize).map_or(0.0, |us| *us as f64 / 1e3);
    println!("{sent} {} {} {}", delays_us.len(), ms(0.5), ms(0.99));
    Ok(())
}

struct Load {
    socket: UdpSocket,
    begin: Instant,
    delays_us: Vec<u64>,
    sent: u64,
}

impl Load {
    fn send(&mut self, slot: u32, streams: u16) -> Result<(), Failure> {
        for n in (0..streams).filter(|n| u32::from(*n) % SLOTS == slot % SLOTS) {
            let mut packet = [0xFF; PACKET];
            let seq = slot / SLOTS;
            packet[..2].copy_from_slice(&[0x80, 0]);
            packet[2..4].copy_from_slice(&(seq as u16).to_be_bytes());
            packet[4..8].copy_from_slice(&(seq * 160).to_be_bytes());
            packet[8..12].copy_from_slice(&u32::from(n).to_be_bytes());
            packet[12..20].copy_from_slice(&self.now_us().to_be_bytes());
            match self.socket.send_to(&packet, SocketAddr::new(HERE, FIRST + 2 * n)) {
                Ok(_) => self.sent += 1,
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(())
    }

    fn receive_until(&mut self, end: Instant) -> Result<(), Failure> {
        let mut buffer = [0; 2_048];
        loop {
            match self.socket.recv_from(&mut buffer) {
                Ok((PACKET, _)) => {
                    let stamp = buffer[12..20].try_into().map(u64::from_be_bytes)?;
                    self.delays_us.push(self.now_us().saturating_sub(stamp));
                }
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Ok(());
                    }
                    std::thread::sleep(left.min(Duration::from_micros(100)));
                }
                Err(e) => return Err(e.into()),
            }
        }
    }

    fn now_us(&self) -> u64 {
        self.begin.elapsed().as_micros() as u64
    }
}

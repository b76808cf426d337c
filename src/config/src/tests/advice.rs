//! What is legal and odd.

use expect_test::expect;

use super::office::{office, told};
use crate::{Document, lint};

#[test]
fn what_is_odd_is_told_and_what_is_right_is_not() {
    expect![[""]].assert_eq(&told(&lint(office().config())));
    let text = r#"
[emergency]
trunks = ["off"]
[numbers]
outside_prefix = "1"
[features]
park = "*78"
[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
voicemail = true
voicemail_mail = "attach"
[[ring_group]]
number = "400"
name = "Sales"
members = ["101"]
[[mailbox]]
number = "800"
name = "Box"
mail = "notice"
[[hours]]
name = "shop"
open = ["mon-fri 09:00-17:00", "tue 16:00-20:00"]
breaks = ["sun 12:00-13:00"]
[[hours]]
name = "never"
[[trunk]]
name = "off"
kind = "address"
host = "192.0.2.1"
enabled = false
[[trunk]]
name = "main"
kind = "address"
host = "192.0.2.2"
transport = "udp"
srtp = "required"
numbers = ["+3225551200", "+3225551201"]
[[trunk]]
name = "second"
kind = "address"
host = "192.0.2.3"
transport = "tls"
verify = false
spend_day_max = 100
[[class]]
name = "boss"
may_call = ["premium"]
countries = ["+33"]
[[outbound_route]]
name = "abroad"
patterns = ["+33X."]
trunks = ["main"]
order = 50
[[outbound_route]]
name = "all"
patterns = ["+X.", "0X."]
trunks = ["main"]
[[outbound_route]]
name = "mobile"
patterns = ["+3247."]
trunks = ["main"]
order = 200
[[outbound_route]]
name = "spare"
patterns = ["+X."]
trunks = ["second"]
order = 300
[[outbound_route]]
name = "bosses"
patterns = ["+90."]
trunks = ["off"]
classes = ["boss"]
order = 20
[[inbound_route]]
name = "a"
numbers = ["+32255512XX"]
trunks = ["main"]
to = "400"
order = 10
[[inbound_route]]
name = "b"
numbers = ["+3225551200"]
trunks = ["main"]
to = "101"
[[inbound_route]]
name = "c"
numbers = ["+3225551200"]
callers = ["anonymous"]
trunks = ["main"]
to = "hangup"
order = 5
[[phone]]
mac = "001565aabbcc"
model = "snom"
[[key_layout]]
name = "desk"
keys = ["blf 999", "park 400", "hours night", "voicemail 102", "voicemail", "blf 101", "park 701"]
"#;
    let document = Document::parse(text).unwrap_or_else(|errors| panic!("{errors:#?}"));
    expect![[r#"
        warning: extension.101.voicemail_mail: nothing is mailed (it takes `voicemail` and `email`)
        warning: mailbox.800.members: nobody can listen to it (name members, or give a PIN)
        warning: mailbox.800.mail: nobody is written to (name addresses in `email`)
        warning: mail.host: messages are to be mailed, and there is no mail server (name one)
        warning: hours.never.open: no open hours: always closed (say when it is open)
        warning: hours.shop.holidays: no public holidays: name a country, a feed or closed days (name the country)
        warning: hours.shop.breaks: break `sun 12:00-13:00` lies outside the open hours (leave it out, or widen the hours)
        warning: hours.shop.open: `mon-fri 09:00-17:00` and `tue 16:00-20:00` overlap (leave one out)
        warning: emergency.trunks: nobody here can call for help: none of these trunks is enabled (enable one, or leave them out: then every trunk is tried)
        warning: trunk.main.calls_max: any number of calls may go by it, at any cost (set it to what the provider sold, and `spend_day_max`)
        warning: trunk.main.srtp: the keys of its audio travel in the clear (set `transport = "tls"`)
        warning: trunk.second.name: no inbound route takes the calls that come by it (add an `[[inbound_route]]`, were it one that says `to = "hangup"`)
        warning: trunk.second.spend_day_max: is never reached: no call costs anything (write what calls cost in `prices`, were it "+ 10" for all of them)
        warning: class.boss.spend_day_max: premium numbers may be called at any cost (set what one extension may spend in a day)
        warning: outbound_route.abroad.classes: no extension may use it (give extensions a class that may call these numbers, or remove it)
        warning: outbound_route.bosses.trunks: none of them is enabled (enable one, or name another)
        warning: outbound_route.bosses.classes: no extension may use it (give extensions a class that may call these numbers, or remove it)
        warning: outbound_route.mobile.order: is never used: all takes every call before it, by the same trunks (put it before that one, or remove it)
        warning: inbound_route.b.order: is never reached: a takes every call before it (put it before that one, or remove it)
        warning: key_layout.desk.keys: "blf 999": nobody has that number (change it, or write `none`)
        warning: key_layout.desk.keys: "park 400": it is not a parking slot (change it, or write `none`)
        warning: key_layout.desk.keys: "hours night": there are no such hours (change it, or write `none`)
        warning: key_layout.desk.keys: "voicemail 102": there is no such mailbox (change it, or write `none`)
        note: features.park: *78 is features.dnd_on too: one is dialled, the other typed during a call (give one of the two another code)
        note: extension.101.voicemail_pin: the mailbox can only be heard from the extension's own phones, without being asked who listens (give a PIN)
        note: extension.101.number: 101 begins with the 1 that is dialled for an outside line (number extensions otherwise: both are dialled by habit)
        note: ring_group.400.otherwise: a call that nobody takes ends (name a mailbox, another group, or hours)
        note: emergency.location: whoever answers a call for help is not told where this is (write street, floor and town)
        note: trunk.second.verify: whoever stands between can pose as the provider (set it to true once the certificate is good)
        note: class.boss.countries: is not used: the class may not call "international" numbers (add the word to `may_call`, or leave it out)
        note: phone.001565aabbcc.lines: belongs to nobody (give it an extension, or `hot_desk = true`)
        note: provisioning.enabled: there are phones, and none of them may fetch its configuration (switch it on)
    "#]].assert_eq(&told(&lint(document.config())));
}

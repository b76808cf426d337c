//! An office in which hardly anything hangs together.

use expect_test::expect;

use super::office::told;
use crate::Document;

#[test]
fn what_does_not_hang_together_is_refused_with_line_and_remedy() {
    let text = r#"
[numbers]
country_code = "322"
emergency = ["101", "1122"]
premium = ["900"]
[emergency]
trunks = ["nowhere"]
notify = ["400", "999"]
[mail]
user = "x"
[parking]
number = "400"
first = "998"
slots = 3
music = "sea"
otherwise = "voicemail:101"
[provisioning]
host = "http://x"
dhcp_range = "10.0.0.9-10.0.0.1"
ldap = "0.0.0.0:8443"
[features]
voicemail = "*72"
park = "*1"
pickup = "*"
day_night = "*9"
[[extension]]
number = "101"
name = "Anna"
secret = "demo-101-secret"
class = "boss"
caller_id = "025551200"
keys = "none"
voicemail_pin = "12"
[[ring_group]]
number = "400"
name = "Sales"
members = ["101"]
otherwise = "queue:1"
[[conference]]
number = "600"
name = "Board"
pin = "4711"
moderator_pin = "4711"
[[conference]]
number = "601"
name = "Board"
wait_for_moderator = true
[[mailbox]]
number = "600"
name = "Box"
members = ["400"]
[[paging]]
number = "690"
name = "Hall"
members = []
[[hours]]
name = "office"
code = "1"
open = ["mon-fry 09:00-17:30"]
holidays = ["xx"]
closed = ["24-12"]
calendars = ["team"]
time_zone = "Europe/Brusels"
[[hours]]
name = "shop"
code = "1"
[[calendar]]
name = "x"
url = "ftp://x"
[[trunk]]
name = "main"
host = "sip.example.com"
sources = ["192.0.2.1/24", "x"]
prices = ["32 1"]
countries = ["+322"]
numbers = ["+3225551200", "+3225551200"]
[[class]]
name = "staff"
may_call = ["everything"]
blocked = ["+32x"]
hours = "night"
[[outbound_route]]
name = "out"
patterns = ["0[5-2].", "1.2"]
trunks = ["main", "second"]
classes = ["nobody"]
prepend = "abc"
[[inbound_route]]
name = "in"
to = "555"
closed_to = "voicemail:101"
callers = ["anonymous", "nobody"]
hours = "late"
[[inbound_route]]
name = "in2"
holiday_to = "hours:late"
[[inbound_route]]
name = "in3"
to = "999"
break_to = "voicemail:777"
[[blocked]]
number = "0470"
[[phone]]
mac = "00:15:65:aa:bb"
model = "yealinc"
lines = ["400", "105"]
extra = ["x"]
[[key_layout]]
name = "desk"
keys = ["blf", "line"]
[[phone]]
mac = "001565aabbcc"
model = "snom"
keys = "hall"
[[phone]]
mac = "00:15:65:AA:BB:CC"
model = "snom"
"#;
    expect![[r#"
        line 3: numbers.country_code: "322" is not a country's calling code (without `+`: "32", "1", "352")
        line 5: numbers.premium: "900" is not the beginning of a number (the beginning of a number, "+3247")
        line 7: emergency.trunks: "nowhere" is not a trunk (leave it out, or add it as `[[trunk]]`)
        line 8: emergency.notify: 999 is an emergency number (choose a number that nobody dials for help)
        line 8: emergency.notify: "400" is a ring group (only extensions can stand here)
        line 8: emergency.notify: "999" is a parking slot (only extensions can stand here)
        line 9: mail.password: is missing: there is `user` (give both, or neither where the server asks for none)
        line 12: parking.number: 400 is already a ring group (choose another number)
        line 13: parking.first: slot 999 is an emergency number (let the slots begin elsewhere)
        line 15: parking.music: "sea" is not a music class (leave it out, or add the class as `[[music]]`)
        line 16: parking.otherwise: extension 101 has no voicemail (switch on `voicemail` of the extension)
        line 18: provisioning.host: "http://x" cannot be a host (the name or address of a host)
        line 19: provisioning.dhcp_range: 10.0.0.9-10.0.0.1 runs backwards (the lower address comes first)
        line 20: provisioning.ldap: 0.0.0.0:8443 is already taken by listen.web (choose another port)
        line 22: features.voicemail: *72 is already features.forward_all (every code comes once; "" switches one off, where it is not needed)
        line 23: features.park: *1 is already features.record (every code comes once; "" switches one off, where it is not needed)
        line 24: features.pickup: "*" cannot be a feature code (`*` or `#`, then 1 to 7 of the keys 0-9, `*` and `#`, in quotes; "": switched off)
        line 25: features.day_night: *9 and *9664, features.music, could mean the same (no code may look like another with digits behind it; "" switches one off)
        line 27: extension.101.number: 101 is an emergency number, says numbers.emergency (choose a number that nobody dials for help)
        line 30: extension.101.class: "boss" is not a class (leave it out, or add it as `[[class]]`)
        line 31: extension.101.caller_id: "025551200" is not a number as it is written outside (a number as "+3225551234")
        line 32: extension.101.keys: "none" is not a key layout (leave it out, or add it as `[[key_layout]]`)
        line 33: extension.101.voicemail_pin: cannot be a PIN (4 to 10 digits in quotes)
        line 38: ring_group.400.otherwise: "queue:1" cannot be read (a number, `voicemail:NUMBER`, `hours:NAME`, `sound:NAME`, `outside:NUMBER`, `busy` or `hangup`)
        line 43: conference.600.moderator_pin: is the PIN of all others too (give those who lead a PIN of their own)
        line 47: conference.601.wait_for_moderator: waits for somebody who cannot come (give `moderator_pin`, or let them talk at once)
        line 49: mailbox.600.number: 600 is already a conference (choose another number)
        line 51: mailbox.600.members: "400" is a ring group (only extensions can stand here)
        line 55: paging.690.members: is empty (a list of 1 to 200: 2 to 10 digits in quotes, not an emergency number)
        line 59: hours.office.open: "mon-fry 09:00-17:30" are not hours (`mon-fry`: expected weekdays such as mon-fri or sat,sun, or daily)
        line 60: hours.office.holidays: "xx" is not a country whose holidays are known (a country by two lower-case letters, perhaps with a region: "be", "de-by")
        line 61: hours.office.closed: "24-12" is not a closed day (`24-12`: expected a month from 01 to 12)
        line 62: hours.office.calendars: "team" is not a calendar (leave it out, or add it as `[[calendar]]`)
        line 63: hours.office.time_zone: "Europe/Brusels" is not a time zone (did you mean "Europe/Brussels"?)
        line 66: hours.shop.code: 1 already switches hours office (give each a code of its own)
        line 69: calendar.x.url: "ftp://x" is not an address on the web (an address that begins with `https://` or `http://`)
        line 70: trunk.main.user: is missing: a trunk that registers needs it (give what the provider gave you, or `kind = "address"`)
        line 70: trunk.main.password: is missing: a trunk that registers needs it (give what the provider gave you, or `kind = "address"`)
        line 73: trunk.main.sources: "192.0.2.1/24" says more than its network (write "192.0.2.0/24", or the address alone)
        line 74: trunk.main.prices: "32 1" is not a price (a number's beginning and hundredths a minute, "+32 2.5")
        line 75: trunk.main.countries: "+322" is not a calling code (a calling code, "+33", or "+1" with an area code, "+1876")
        line 76: trunk.main.numbers: "+3225551200" is listed twice (leave one out)
        line 79: class.staff.may_call: "everything" is not a choice here (one of "internal", "emergency", "free", "national", "mobile", "international", "premium")
        line 80: class.staff.blocked: "+32x" holds 'x', which means nothing in a pattern (a pattern of at most 32 characters: digits, `*`, `#`, `+` first, X (0-9), Z (1-9), N (2-9), [2-58], and at its end `.` (one or more) or `!` (none or more))
        line 81: class.staff.hours: "night" are not opening hours (leave it out, or add them as `[[hours]]`)
        line 84: outbound_route.out.patterns: "0[5-2]." holds brackets that are not like [2-58] (a pattern of at most 32 characters: digits, `*`, `#`, `+` first, X (0-9), Z (1-9), N (2-9), [2-58], and at its end `.` (one or more) or `!` (none or more))
        line 85: outbound_route.out.trunks: "second" is not a trunk (leave it out, or add it as `[[trunk]]`)
        line 86: outbound_route.out.classes: "nobody" is not a class (leave it out, or add it as `[[class]]`)
        line 87: outbound_route.out.prepend: "abc" cannot be dialled here (at most 16 of the keys 0-9, `*` and `#`, perhaps behind `+`)
        line 90: inbound_route.in.to: nobody has number 555 (an extension, ring group, conference, mailbox or paging group of this document)
        line 91: inbound_route.in.closed_to: extension 101 has no voicemail (switch on `voicemail` of the extension)
        line 92: inbound_route.in.callers: "nobody" holds 'n', which means nothing in a pattern (a pattern as "+32X.", or "anonymous")
        line 93: inbound_route.in.hours: "late" are not opening hours (leave it out, or add them as `[[hours]]`)
        line 94: inbound_route.in2.to: is missing (a number, `voicemail:NUMBER`, `hours:NAME`, `sound:NAME`, `outside:NUMBER`, `busy` or `hangup`)
        line 96: inbound_route.in2.holiday_to: is never used: the route asks no hours (name `hours`, or leave it out)
        line 96: inbound_route.in2.holiday_to: "late" are not opening hours (add them as `[[hours]]`)
        line 99: inbound_route.in3.to: 999 is a parking slot (send the call to 400, which finds a free slot)
        line 100: inbound_route.in3.break_to: is never used: the route asks no hours (name `hours`, or leave it out)
        line 100: inbound_route.in3.break_to: there is no mailbox 777 (an extension with `voicemail`, or a `[[mailbox]]`)
        line 102: blocked.0470.number: "0470" is not a number as it is written outside (a number as "+3225551234", or its beginning with `*` behind it)
        line 104: phone."00:15:65:aa:bb".mac: "00:15:65:aa:bb" is not a MAC address (12 hexadecimal digits in quotes, "001565aabbcc")
        line 105: phone."00:15:65:aa:bb".model: "yealinc" is not a choice here (did you mean "yealink"?)
        line 106: phone."00:15:65:aa:bb".lines: "400" is a ring group (only extensions can stand here)
        line 106: phone."00:15:65:aa:bb".lines: "105" is not an extension (leave it out, or add the extension)
        line 107: phone."00:15:65:aa:bb".extra: "x" is not a setting (`name=value` in the maker's words)
        line 110: key_layout.desk.keys: "blf" cannot be a key's function (expected a number of 2 to 10 digits behind its first word)
        line 114: phone.001565aabbcc.keys: "hall" is not a key layout (leave it out, or add it as `[[key_layout]]`)
        line 116: phone.001565aabbcc.mac: 001565aabbcc is already defined at line 111 (every mac comes once)
    "#]].assert_eq(&told(&Document::parse(text).expect_err("hardly anything is right")));
}

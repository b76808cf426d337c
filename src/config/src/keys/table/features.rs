//! The keys of `[features]`. The codes of three sets stand beside each other: A as FreePBX has them, B as
//! European networks have them (ETSI EN 300 207-1 for diversions), C as Yeastar has them.

use super::*;

/// A code that can be switched off.
const fn code(name: &'static str, typed: Use, sets: [&'static str; 3], doc: &'static str) -> Key {
    let example = sets[0];
    Key { name, kind: Kind::CodeOrOff(typed), fallback: Fallback::OfSet(sets), example, doc }
}

/// A code that is always there.
const fn fixed(name: &'static str, typed: Use, sets: [&'static str; 3], doc: &'static str) -> Key {
    Key { kind: Kind::Code(typed), ..code(name, typed, sets, doc) }
}

pub(super) const FEATURES: &[Key] = &[
    fixed("echo", Use::Alone, ["*43", "*43", "*43"], "Echo test: the caller hears himself."),
    fixed("record", Use::InCall, ["*1", "*1", "*1"], "Typed during a call: starts its recording, and stops it."),
    fixed(
        "record_pause",
        Use::InCall,
        ["*3", "*3", "*8"],
        "Typed during a call: pauses its recording (while card numbers are said), and goes on.",
    ),
    fixed("clock", Use::Alone, ["*60", "*60", "*60"], "Says the time."),
    fixed("own_number", Use::Alone, ["*65", "*65", "*65"], "Says the number of the extension that dials it."),
    fixed("music", Use::Alone, ["*9664", "*9664", "*9664"], "Plays the music that held callers hear."),
    fixed(
        "milliwatt",
        Use::Alone,
        ["*9197", "*9197", "*9197"],
        "Plays a tone of 1,004 Hz at one milliwatt, to measure lines by.",
    ),
    fixed(
        "listen",
        Use::Number,
        ["*33", "*33", "*51"],
        "With an extension's number behind it: listens in to that extension's call. Then key 4 listens,\n\
         5 whispers to the extension, 6 speaks to both. Only for extensions with `supervisor`.",
    ),
    Key {
        name: "set",
        kind: Kind::Choice(CodeSet::WORDS),
        fallback: Fallback::Text("a"),
        example: "",
        doc: "Whose codes hold where a code is left out: \"a\" those of FreePBX, \"b\" European ones\n\
              (\"*21*\", \"#21#\"), \"c\" those of Yeastar.",
    },
    code("voicemail", Use::Alone, ["*97", "*97", "*2"], "One's own mailbox."),
    code("voicemail_other", Use::Number, ["*98", "*98", "*02"], "Any mailbox: its number stands behind or is asked."),
    code("voicemail_leave", Use::Number, ["*99", "*99", "*12"], "With a number behind it: leaves a message there."),
    code(
        "forward_all",
        Use::Number,
        ["*72", "*21*", "*31"],
        "Forwards every call to the number behind it; `#` may end the number. Alone, the number is asked.",
    ),
    code("forward_all_off", Use::Alone, ["*73", "#21#", "*031"], "Does so no more."),
    code("forward_busy", Use::Number, ["*90", "*67*", "*32"], "Forwards to the number behind it when busy."),
    code("forward_busy_off", Use::Alone, ["*91", "#67#", "*032"], "Does so no more."),
    code(
        "forward_no_answer",
        Use::Number,
        ["*52", "*61*", "*33"],
        "Forwards to the number behind it when nobody answers.",
    ),
    code("forward_no_answer_off", Use::Alone, ["*53", "#61#", "*033"], "Does so no more."),
    code(
        "forward_unreachable",
        Use::Number,
        ["*62", "*62*", "*34"],
        "Forwards to the number behind it while no phone is registered.",
    ),
    code("forward_unreachable_off", Use::Alone, ["*63", "#62#", "*034"], "Does so no more."),
    code("dnd_on", Use::Alone, ["*78", "*26#", "*74"], "Do not disturb."),
    code("dnd_off", Use::Alone, ["*79", "#26#", "*074"], "Disturb again."),
    code("dnd_toggle", Use::Alone, ["*76", "*76", "*76"], "Do not disturb, the other way than it is."),
    code("call_waiting_on", Use::Alone, ["*70", "*43#", "*70"], "A second call is announced during a call."),
    code("call_waiting_off", Use::Alone, ["*71", "#43#", "*71"], "A second caller hears busy."),
    code("follow_me", Use::Alone, ["*21", "*24", "*21"], "Follow-me on, or off."),
    code("pickup", Use::Number, ["**", "**", "*04"], "With an extension behind it: takes its ringing call."),
    code("pickup_group", Use::Alone, ["*8", "*8", "*4"], "Takes any ringing call of one's pickup group."),
    code("park", Use::InCall, ["*88", "*88", "*5"], "Typed during a call: parks it."),
    code("park_retrieve", Use::Number, ["*85", "*85", "*05"], "With a slot behind it: takes the parked call."),
    code("intercom", Use::Number, ["*80", "*80", "*6"], "With an extension behind it: its phone answers by itself."),
    code(
        "day_night",
        Use::Digits,
        ["*28", "*28", "*28"],
        "With the `code` of hours behind it: day, night, by the hours.",
    ),
    code("block", Use::Number, ["*30", "*30", "*40"], "With a number behind it: that caller is refused."),
    code("unblock", Use::Number, ["*31", "*31", "*41"], "With a number behind it: and no more."),
    code("block_last", Use::Alone, ["*32", "*32", "*42"], "Refuses the last caller from now on."),
    code("withhold", Use::Number, ["*67", "#31#", "*87"], "With a number behind it: calls without showing one's own."),
    code("last_caller", Use::Alone, ["*69", "*69", "*69"], "Calls the last caller back."),
    code("redial", Use::Alone, ["*870", "*870", "*86"], "Dials the last number again."),
    code("speed_dial", Use::Digits, ["*0", "*0", "*89"], "With 0 to 99 behind it: calls the number kept there."),
    code(
        "speed_dial_set",
        Use::Digits,
        ["*75", "*51*", "*75"],
        "With 0 to 99, `*` and a number behind it: keeps the number there.",
    ),
    code("camp_on", Use::Number, ["*82", "*37", "*79"], "Calls back when the busy extension is free."),
    code("camp_on_cancel", Use::Number, ["*83", "#37", "*079"], "Does so no more."),
    code("hot_desk_in", Use::Number, ["*11", "*11", "*84"], "With one's extension behind it: logs in at this phone."),
    code("hot_desk_out", Use::Alone, ["*12", "*12", "*084"], "Logs out."),
    code("adopt", Use::Number, ["*39", "*39", "*39"], "Makes this unknown phone that of an extension."),
    code("transfer_blind", Use::InCall, ["##", "##", "*03"], "Typed during a call: transfers it without asking first."),
    code("transfer_attended", Use::InCall, ["*2", "*2", "*3"], "Typed during a call: asks first, then transfers it."),
    code("three_way", Use::InCall, ["*5", "*5", "*9"], "Typed during a call: all three talk."),
];

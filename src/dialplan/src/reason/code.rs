//! Reasons about codes, and about what they set.

sentences! {
    /// What stands behind a code.
    CodeReason in Code {
        TooManyCodes = "codes stand for each other without end",
        PhoneIsKnown = "this phone is an extension's already",
        NothingRingsAt { number: String } = "{number} is no extension or ring group whose calls could be taken",
        OtherPickupGroup { number: String } = "{number} is of another pickup group",
        NoPickupGroup = "the caller is of no pickup group",
        PickupGroup { group: String } = "any call that rings in the pickup group {group} is taken",
        NoSlot { number: String } = "{number} is no slot in which calls are parked",
        NoIntercom { number: String } = "the phones of {number} do not answer by themselves: they ring",
        StandsFor { number: String } = "it stands for {number}",
        NothingDialledYet = "nothing was dialled here before",
        NobodyCalledYet = "nobody who showed a number has called here before",
        NoSpeedDial { key: String } = "speed dial {key} is empty",
        NoForwardThere { number: String } = "calls cannot be forwarded to {number}",
        NoHours { code: String } = "no opening hours have the code {code}",
        MayNotSwitch { number: String, hours: String } = "extension {number} may not switch the hours {hours}",
        Switches { hours: String } = "the hours {hours} are switched by hand",
        NotBlocked { number: String } = "{number} cannot be blocked",
        NobodySitsHere { phone: String } = "nobody has logged in at the phone {phone}",
        NoHotDesk { phone: String } = "{phone} is no phone at which others log in",
    }
}

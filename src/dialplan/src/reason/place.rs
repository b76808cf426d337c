//! Reasons about places inside, and about being sent from one to another.

use crate::route::Failure;

sentences! {
    /// Places inside, and ways between them.
    PlaceReason in Place {
        Seat { phone: String, number: String } = "{number} has logged in at the phone {phone}",
        NotInside { number: String, class: String } = "extension {number} is of class {class}, which may not call inside",
        NotFromOutside = "that is for the extensions of this box alone",
        SentTo { to: String } = "the call is sent to {to}",
        BeenThere { place: String } = "the call was sent to {place} before: it goes in a circle and ends",
        TriedBefore { place: String } = "{place} was tried before",
        TooManyHops = "the call was sent on ten times: it ends",
        Failed { number: String, why: Failure } = "{number} did not take the call: {why}",
        NobodyOfThose { why: Failure } = "nobody of those who tried took the call: {why}",
        ToMailbox { number: String } = "a message for {number} can be left",
        OwnMailbox { number: String } = "the caller listens to the mailbox of {number}",
        NoMailbox { number: String } = "{number} has no mailbox",
        SharedMailbox { number: String, name: String } = "{number} is the shared mailbox {name}",
        Paging { number: String, name: String } = "{number} speaks to all phones of {name}",
        Parking { number: String } = "{number} parks a call in a free slot",
        ParkingSlot { number: String } = "{number} is a slot in which a call may be parked",
    }
}

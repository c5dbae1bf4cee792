//! Who is called with which event, and when again (spec §5, rulings A25 to A29 and A42).
//!
//! ```text
//! error, completion ──► Held ── somebody can be called ──► Asked ── S_OK ──► taken
//!                        ▲  ▲                              ▲  │
//!                        │  └─ nobody is left ─ Due ───────┘  │ anything else, no answer
//!                        │                       ▲────────────┘
//!                        └── the class makes no object ───────┘
//! ```
//!
//! Only the latest event of a group waits to be taken. It goes to the latest notification pointer whose
//! page lives. Where there is none, the latest page that has registered the class of GROUPPROP_NOTIFYCLSID
//! is asked, once, to make a pointer of it.

use super::commit::After;
use super::group::Group;
use super::state::State;
use super::{Effect, Queue};
use crate::abi::{Guid, NotifyFlags};
use crate::ordered::{Map, Set};
use crate::protocol::{
    Callback, ClientId, NO_FILE, Registration, Serial, Standing, StatusEvent, ToPage,
};
use crate::time::Millis;

/// How long after a call that failed the next one comes; each further delay is twice as long.
const FIRST_DELAY: Millis = Millis::SECOND;

/// No delay is longer.
const LONGEST_DELAY: Millis = Millis(60_000);

/// A call without an answer for so long has failed.
const ANSWER_LIMIT: Millis = Millis(60_000);

/// So long after a take-over a repeated registration is not called: a later one may still be repeated.
const REPEAT_TIME: Millis = Millis::SECOND;

/// Whom the pages have registered, and when something is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Callbacks {
    /// When this engine took over; registrations from before are repeated ones.
    since: Millis,
    /// When each pointer was set; `None` where the page has cleared it.
    pointers: Map<(Serial, ClientId), Option<Millis>>,
    classes: Vec<(Guid, ClientId, Millis)>,
    /// The pages that are asked before each request, and since when.
    pub(super) askable: Vec<(ClientId, Millis)>,
    /// Since when there is none of them, while there is none.
    pub(super) unasked_since: Millis,
    /// The pages whose end will be reported.
    watched: Set<ClientId>,
    /// The groups with an event that nobody has taken.
    waiting: Set<Serial>,
    /// When to look at which of them.
    alarms: Set<(Millis, Serial)>,
}

/// The latest event of a group, while nobody has taken it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Notification {
    pub(super) event: StatusEvent,
    /// Who is to take it.
    callee: Option<Callee>,
    delivery: Delivery,
    /// How many calls were made for it.
    attempts: u32,
    /// How many calls of this callee have failed.
    failures: u32,
    /// The registrations of its class that made no pointer.
    fruitless: Set<(ClientId, Millis)>,
}

/// One registration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Callee {
    at: Millis,
    client: ClientId,
    /// The class that is to make a pointer; `None` for a pointer.
    class: Option<Guid>,
}

/// How far the delivery of an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Delivery {
    /// The callee is called, and has to answer by this time.
    Asked(Millis),
    /// The callee is to be called at this time.
    Due(Millis),
    /// There is nobody to call.
    Held,
}

impl Notification {
    pub(super) const fn new(event: StatusEvent) -> Self {
        Self {
            event,
            callee: None,
            delivery: Delivery::Held,
            attempts: 0,
            failures: 0,
            fruitless: Set::new(),
        }
    }
}

impl Delivery {
    const fn alarm(self) -> Option<Millis> {
        match self {
            Self::Asked(at) | Self::Due(at) => Some(at),
            Self::Held => None,
        }
    }
}

impl Callbacks {
    pub(super) const fn new(since: Millis) -> Self {
        Self {
            since,
            pointers: Map::new(),
            classes: Vec::new(),
            askable: Vec::new(),
            unasked_since: since,
            watched: Set::new(),
            waiting: Set::new(),
            alarms: Set::new(),
        }
    }

    /// A group came from its record, maybe with an event that nobody has taken.
    pub(super) fn note_restored(&mut self, serial: Serial, has_event: bool) {
        if has_event {
            self.waiting.insert(serial);
        }
    }

    /// The group has left the queue.
    pub(super) fn forget_group(&mut self, serial: Serial) {
        let pages: Vec<_> = self.of_group(serial).map(|(client, _)| client.clone()).collect();
        for client in pages {
            self.pointers.remove(&(serial, client));
        }
    }

    /// When a call is due, or its answer overdue.
    pub(super) fn next_alarm(&self) -> Option<Millis> {
        self.alarms.first().map(|&(at, _)| at)
    }

    /// The pages that have said something of a group's pointer.
    fn of_group(&self, serial: Serial) -> impl Iterator<Item = (&ClientId, Option<Millis>)> {
        self.pointers
            .range((serial, ClientId("".into()))..)
            .take_while(move |((group, _), _)| *group == serial)
            .map(|((_, client), at)| (client, *at))
    }

    fn has_cleared(&self, serial: Serial, client: &ClientId) -> bool {
        self.of_group(serial).any(|(page, at)| page == client && at.is_none())
    }

    /// The latest pointer of a group.
    fn pointer(&self, serial: Serial) -> Option<Callee> {
        let pointers = self.of_group(serial).filter_map(|(client, at)| Some((at?, client)));
        pointers.max().map(|(at, client)| Callee { at, client: client.clone(), class: None })
    }

    /// The latest registration of a class that may make a pointer for a group.
    fn class(&self, serial: Serial, group: &Group, notification: &Notification) -> Option<Callee> {
        let wanted = group.properties.notify_clsid;
        self.classes
            .iter()
            .filter(|(class, client, _)| {
                *class == wanted && wanted != Guid::NULL && !self.has_cleared(serial, client)
            })
            .map(|(class, client, at)| (*at, client, class))
            .filter(|(at, client, _)| !notification.fruitless.contains(&((*client).clone(), *at)))
            .max()
            .map(|(at, client, class)| Callee { at, client: client.clone(), class: Some(*class) })
    }

    fn note(&mut self, client: &ClientId, registration: Registration) {
        let Registration { callback, at, standing } = registration;
        match (callback, standing) {
            (Callback::Class(class), _) => {
                self.classes.retain(|(known, page, _)| (*known, page) != (class, client));
                if standing == Standing::There {
                    self.classes.push((class, client.clone(), at));
                }
            }
            (Callback::Requests, Standing::There) => {
                self.askable.retain(|(page, _)| page != client);
                self.askable.push((client.clone(), at));
            }
            (Callback::Requests, Standing::Cleared | Standing::Gone) => {
                self.askable.retain(|(page, _)| page != client);
            }
            (Callback::Pointer(serial), Standing::Gone) => {
                self.pointers.remove(&(serial, client.clone()));
            }
            (Callback::Pointer(serial), Standing::Cleared) => {
                self.pointers.insert((serial, client.clone()), None);
            }
            (Callback::Pointer(serial), Standing::There) => {
                self.pointers.insert((serial, client.clone()), Some(at));
            }
        }
    }

    fn forget_page(&mut self, client: &ClientId) {
        self.pointers.retain(|(_, page), _| page != client);
        self.classes.retain(|(_, page, _)| page != client);
        self.askable.retain(|(page, _)| page != client);
        self.watched.remove(client);
    }
}

impl Queue {
    /// A group has come to another state: keeps the event that this is, in the commit that says so, if
    /// the flags ask for it (spec §5.3), and calls whoever can be called. A group that leaves the queue
    /// has nothing more to tell.
    pub(super) fn note_state(&mut self, serial: Serial, now: Millis) {
        // Tickets begin anew with each engine, and an answer may come from a page that an earlier one called.
        let number = self.host.epoch.0 << 32 | self.next_ticket & u64::from(u32::MAX);
        let Some(group) = self.groups.get(&serial) else { return };
        let event = status_event(group, number);
        if event.is_some() || matches!(group.state(), State::Cancelled { .. }) {
            self.drop_event(serial);
        }
        if let Some(event) = event {
            self.next_ticket += 1;
            if let Some(group) = self.groups.get_mut(&serial) {
                group.notification = Some(Notification::new(event));
            }
            self.callbacks.waiting.insert(serial);
            self.find_callee(serial, now);
        }
    }

    /// Nobody is to be told of a group's event any more.
    pub(super) fn drop_event(&mut self, serial: Serial) {
        self.deliver(serial, Delivery::Held);
        self.callbacks.waiting.remove(&serial);
        if let Some(group) = self.groups.get_mut(&serial) {
            group.notification = None;
        }
    }

    /// A property of a group was set: it may silence the group, or name another class.
    pub(super) fn heed_properties(&mut self, serial: Serial, now: Millis) {
        let Some(group) = self.groups.get(&serial) else { return };
        if group.properties.notify_flags.contains(NotifyFlags::QM_NOTIFY_DISABLE_NOTIFY) {
            self.drop_event(serial);
        } else {
            self.find_callee(serial, now);
        }
    }

    /// A page has registered callbacks, or cleared them.
    pub(super) fn register(
        &mut self,
        client: &ClientId,
        registrations: Vec<Registration>,
        now: Millis,
    ) {
        if self.callbacks.watched.insert(client.clone()) {
            self.effects.push_back(Effect::WatchPage { client: client.clone() });
        }
        for registration in registrations {
            match registration.callback {
                Callback::Class(_) => {
                    self.callbacks.note(client, registration);
                    self.find_callees(now);
                }
                Callback::Pointer(serial) if self.groups.contains_key(&serial) => {
                    self.callbacks.note(client, registration);
                    self.find_callee(serial, now);
                }
                Callback::Pointer(_) => {}
                Callback::Requests => {
                    self.note_askable(|callbacks| callbacks.note(client, registration), now);
                }
            }
        }
    }

    /// A page is gone: what it would have been called with goes to whoever registered before it.
    pub(super) fn forget_callbacks(&mut self, client: &ClientId, now: Millis) {
        self.note_askable(|callbacks| callbacks.forget_page(client), now);
        self.find_callees(now);
    }

    /// A page has answered a call. Whoever takes the event, and however late, it is taken.
    pub(super) fn handle_answered_call(
        &mut self,
        client: &ClientId,
        serial: Serial,
        event: u64,
        attempt: u32,
        is_taken: bool,
        now: Millis,
    ) {
        let Some(notification) = self.notification(serial) else { return };
        if notification.event.number != event {
            return;
        }
        let is_waited_for = self.is_asked(serial, event, attempt)
            && notification.callee.as_ref().is_some_and(|callee| callee.client == *client);
        if is_taken {
            self.drop_event(serial);
            // A crash that takes this back costs one more call, so the power cut may do so too.
            self.pending.groups.insert(serial);
        } else if is_waited_for {
            self.handle_failed_call(serial, now);
        }
    }

    /// Makes the calls that are due, and gives up those without an answer.
    pub(super) fn call_again(&mut self, now: Millis) {
        let due = self.callbacks.alarms.range(..=(now, Serial(u64::MAX)));
        for serial in due.map(|&(_, serial)| serial).collect::<Vec<_>>() {
            match self.notification(serial).map(|notification| notification.delivery) {
                Some(Delivery::Asked(_)) => self.handle_failed_call(serial, now),
                Some(Delivery::Due(_)) => self.call_out(serial, now),
                Some(Delivery::Held) | None => {}
            }
        }
    }

    /// A pointer is called again later; a class is not asked twice (ruling A27).
    fn handle_failed_call(&mut self, serial: Serial, now: Millis) {
        let Some(notification) = self.notification_mut(serial) else { return };
        let Some(callee) = notification.callee.clone() else { return };
        if callee.class.is_some() {
            notification.fruitless.insert((callee.client, callee.at));
            return self.find_callee(serial, now);
        }
        let delay = delay(notification.failures);
        notification.failures = notification.failures.saturating_add(1);
        self.deliver(serial, Delivery::Due(now.plus(delay)));
    }

    fn find_callees(&mut self, now: Millis) {
        for serial in self.callbacks.waiting.clone() {
            self.find_callee(serial, now);
        }
    }

    /// Looks who is to take a group's event; one who was not to before is called at once.
    pub(super) fn find_callee(&mut self, serial: Serial, now: Millis) {
        let Some(notification) = self.notification(serial) else { return };
        let Some(group) = self.groups.get(&serial) else { return };
        let found = self
            .callbacks
            .pointer(serial)
            .or_else(|| self.callbacks.class(serial, group, notification));
        if found == notification.callee || found.is_some() && self.lacks_files(serial) {
            // One whose files are not here is looked at again when they are: a call may need its row.
            return;
        }
        let begin = self.callbacks.since.plus(REPEAT_TIME);
        let is_repeated = found.as_ref().is_some_and(|callee| callee.at < self.callbacks.since);
        let is_somebody = found.is_some();
        if let Some(notification) = self.notification_mut(serial) {
            notification.callee = found;
            notification.failures = 0;
        }
        if !is_somebody {
            self.deliver(serial, Delivery::Held);
        } else if is_repeated && now < begin {
            self.deliver(serial, Delivery::Due(begin));
        } else {
            self.call_out(serial, now);
        }
    }

    /// Calls the callee, after what it is told of is durable.
    fn call_out(&mut self, serial: Serial, now: Millis) {
        if self.stopping {
            return self.deliver(serial, Delivery::Held);
        }
        let Some(notification) = self.notification_mut(serial) else { return };
        notification.attempts = notification.attempts.saturating_add(1);
        let (event, attempt) = (notification.event.number, notification.attempts);
        self.deliver(serial, Delivery::Asked(now.plus(ANSWER_LIMIT)));
        self.when_durable(After::Call { group: serial, event, attempt });
    }

    /// Whether a call is the one that waits for its answer: the event was not taken or dropped since, and
    /// nobody else is to be called.
    pub(super) fn is_asked(&self, serial: Serial, event: u64, attempt: u32) -> bool {
        self.notification(serial).is_some_and(|notification| {
            (notification.event.number, notification.attempts) == (event, attempt)
                && matches!(notification.delivery, Delivery::Asked(_))
        })
    }

    /// The message that calls the callee, if the call is still to be made.
    pub(super) fn call_message(&self, serial: Serial, event: u64, attempt: u32) -> Option<ToPage> {
        let notification =
            self.notification(serial).filter(|_| self.is_asked(serial, event, attempt))?;
        let Callee { client, class, at: _ } = notification.callee.clone()?;
        Some(match class {
            Some(class) => {
                let group = Box::new(self.row(serial, None)?);
                ToPage::Activate { client, class, event, attempt, group }
            }
            None => {
                let event = notification.event.clone();
                ToPage::Notify { client, group: serial, event, attempt }
            }
        })
    }

    /// Notes how far a delivery is, and when to look at it again.
    fn deliver(&mut self, serial: Serial, delivery: Delivery) {
        let Some(notification) = self.notification_mut(serial) else { return };
        let before = std::mem::replace(&mut notification.delivery, delivery);
        if let Some(at) = before.alarm() {
            self.callbacks.alarms.remove(&(at, serial));
        }
        if let Some(at) = delivery.alarm() {
            self.callbacks.alarms.insert((at, serial));
        }
    }

    fn notification(&self, serial: Serial) -> Option<&Notification> {
        self.groups.get(&serial)?.notification.as_ref()
    }

    fn notification_mut(&mut self, serial: Serial) -> Option<&mut Notification> {
        self.groups.get_mut(&serial)?.notification.as_mut()
    }
}

/// What a callback is told of the state that a group has come to; `None` where its flags ask for
/// silence.
fn status_event(group: &Group, number: u64) -> Option<StatusEvent> {
    let flags = group.properties.notify_flags;
    if flags.contains(NotifyFlags::QM_NOTIFY_DISABLE_NOTIFY) {
        return None;
    }
    let status = group.status().bits();
    match group.state() {
        State::Complete => {
            flags.contains(NotifyFlags::QM_NOTIFY_GROUP_DONE).then_some(StatusEvent {
                number,
                status,
                file_index: NO_FILE,
                retries: 0,
                win32_result: 0,
                transport_result: 0,
            })
        }
        State::Error(error) => Some(StatusEvent {
            number,
            status,
            file_index: error.file_index.unwrap_or(NO_FILE),
            retries: group.retries,
            win32_result: error.hresult.win32_result(),
            transport_result: error.hresult.transport_result(),
        }),
        State::Cancelled { .. }
        | State::New
        | State::Publishing
        | State::Running
        | State::Suspended
        | State::Waiting(_) => None,
    }
}

/// The delay after a failed call that `failures` others came before.
fn delay(failures: u32) -> Millis {
    let doubled = 2u64.saturating_pow(failures).saturating_mul(FIRST_DELAY.0);
    Millis(doubled).min(LONGEST_DELAY)
}

//! One request, from `fetch` to the last byte of its body in a part.
//!
//! | file | what it holds |
//! |---|---|
//! | `mod` | a connection as the engine holds it, and what it is ordered |
//! | `task` | what runs behind it, from the request to the end that is reported |
//! | `request` | the request as `fetch` takes it |
//! | `head` | the answer's head |
//! | `body` | the answer's body, and its two kinds of readers |
//! | `pump` | the way of a body into its part |

mod body;
mod head;
mod pump;
mod request;
mod task;

pub(super) use request::has_global_fetch;

use super::Engine;
use super::files::SharedPart;
use crate::http::Request;
use crate::protocol::Credentials;
use crate::queue::{Part, Ticket};
use crate::snapshot::HashMark;
use futures_channel::mpsc::{UnboundedSender, unbounded};
use std::cell::Cell;
use std::rc::Rc;
use task::Task;
use wasm_bindgen_futures::spawn_local;
use web_sys::AbortController;

/// What the queue orders of a connection that is open.
pub(super) enum Order {
    Abort,
    Allow {
        until: u64,
    },
    Compare {
        part: Part,
        at: u64,
        until: u64,
    },
    Flush,
    Receive {
        part: SharedPart,
        at: u64,
        until: Option<u64>,
        allowed: u64,
        hash: Option<HashMark>,
    },
    /// Not the queue's: what has come since the last report is told, though no more comes.
    Report,
    Shorten {
        until: u64,
    },
}

/// A connection that is open; dropped before it has ended, it is aborted.
pub(super) struct Connection {
    controller: AbortController,
    orders: UnboundedSender<Order>,
    has_ended: Cell<bool>,
}

impl Connection {
    pub(super) fn open(
        engine: Engine,
        ticket: Ticket,
        url: String,
        request: Request,
        headers: Vec<(String, String)>,
        credentials: Credentials,
    ) -> Option<Rc<Self>> {
        Self::start(engine, ticket, |task| task.run(url, request, headers, credentials))
    }

    /// Asks whether a server lives, which needs no leave of it.
    pub(super) fn probe(engine: Engine, ticket: Ticket, url: String) -> Option<Rc<Self>> {
        Self::start(engine, ticket, |task| task.run_probe(url))
    }

    fn start<F: Future<Output = ()> + 'static>(
        engine: Engine,
        ticket: Ticket,
        run: impl FnOnce(Task) -> F,
    ) -> Option<Rc<Self>> {
        // Every platform that has `fetch` has it.
        let controller = AbortController::new().ok()?;
        let (orders, receiver) = unbounded();
        let task = Task {
            engine,
            ticket,
            controller: controller.clone(),
            orders: receiver,
            own_orders: orders.clone(),
        };
        spawn_local(run(task));
        Some(Rc::new(Self { controller, orders, has_ended: Cell::new(false) }))
    }

    pub(super) fn order(&self, order: Order) {
        let is_abort = matches!(order, Order::Abort);
        // A task that has ended has reported so already.
        drop(self.orders.unbounded_send(order));
        if is_abort {
            // A transport may listen to the signal and call back: everything is in order by now.
            self.controller.abort();
        }
    }

    /// The task has ended; there is nothing left to abort.
    pub(super) fn note_end(&self) {
        self.has_ended.set(true);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.has_ended.get() {
            self.order(Order::Abort);
        }
    }
}

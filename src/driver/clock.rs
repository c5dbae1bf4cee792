//! The only reader of a clock.

use super::js;
use crate::time::Millis;
use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, delay: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
}

/// A browser's timers are 32 bits wide; later alarms are looked at again after this long.
const LONGEST_TIMER: f64 = 86_400_000.0;

/// What the wall clock says.
pub fn wall_time() -> Millis {
    Millis(js::to_u64(js_sys::Date::now()))
}

/// The wall clock's time at the start, then only forward.
pub(crate) struct Clock {
    wall_at_start: f64,
    start: f64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { wall_at_start: js_sys::Date::now(), start: performance_now() }
    }

    pub(crate) fn now(&self) -> Millis {
        Millis(js::to_u64(self.wall_at_start + (performance_now() - self.start)))
    }
}

/// Calls back once, at a time; dropped, it never does.
pub(super) struct Alarm {
    at: Millis,
    keeps_process: bool,
    timer: JsValue,
    _callback: Closure<dyn FnMut()>,
}

impl Alarm {
    /// `keeps_process`: whether Node.js stays alive for it.
    pub(super) fn set(
        clock: &Clock,
        at: Millis,
        keeps_process: bool,
        ring: impl FnMut() + 'static,
    ) -> Self {
        let callback = Closure::<dyn FnMut()>::new(ring);
        let delay = js::to_f64(at.since(clock.now()).0).min(LONGEST_TIMER);
        let timer = set_timeout(callback.as_ref().unchecked_ref(), delay);
        if !keeps_process
            && let Ok(unref) = Reflect::get(&timer, &"unref".into())
            && let Some(unref) = unref.dyn_ref::<Function>()
        {
            // A timer that cannot be let go of still rings.
            drop(unref.call0(&timer));
        }
        Self { at, keeps_process, timer, _callback: callback }
    }

    pub(super) const fn at(&self) -> Millis {
        self.at
    }

    pub(super) const fn keeps_process(&self) -> bool {
        self.keeps_process
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        clear_timeout(&self.timer);
    }
}

/// Cleared when it is dropped.
struct Timer(JsValue);

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.0);
    }
}

/// Waits for a span of time; dropped before, it leaves no timer behind.
pub(crate) async fn sleep(span: Millis) {
    let mut timer = None;
    let promise = Promise::new(&mut |resolve, _| {
        timer = Some(Timer(set_timeout(&resolve, js::to_f64(span.0))));
    });
    // A timer's promise is never rejected.
    drop(JsFuture::from(promise).await);
}
